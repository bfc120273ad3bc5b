import { CarillonError } from '../../core/errors.js';
import type { TaskDatabase, TaskFiles, TaskSecrets, TaskSettings, TaskWorkflows } from '../../core/task/services.js';
import { filesPrefix } from '../../objects/layout.js';
import type { ObjectStore } from '../../objects/object-store.js';
import { openObjectStore } from '../../objects/open.js';
import { taskFiles } from '../../objects/task-files.js';
import { createDatabases, databasesFromEnv } from '../databases/databases.js';
import { RunLogs } from '../logs/run-logs.js';
import { guardedFetch } from '../net/guarded-fetch.js';
import { openSecrets, secretsOfProject } from '../secrets/secrets.js';
import type { StoredSecrets } from '../secrets/stored.js';
import type { TemporalLink } from '../workflows/link.js';

/** A run, as far as services tell runs apart. */
export interface RunIds {
  project: string;
  jobId: string;
  runId: string;
}

/** What a worker lends to its tasks. Made once per process, from the configuration. */
export interface Services {
  readonly settings: TaskSettings;
  /** Those of the process: for what all projects share. */
  readonly secrets: TaskSecrets;
  /** What a run of the project reads: the project's own, then those of the process. */
  secretsOf(project: string): TaskSecrets;
  readonly fetch: typeof globalThis.fetch;
  database(name: string): Promise<TaskDatabase>;
  files(run: RunIds): TaskFiles;
  workflows(run: RunIds): TaskWorkflows;
  /** Where results and artifacts go; undefined: the configuration names no place. */
  readonly objects?: ObjectStore;
  /** What runs say, kept in the object store. */
  readonly logs?: RunLogs;
  /** Waits for what is still being written. */
  close(): Promise<void>;
}

/** What the process has beside its configuration. */
export interface ProcessLinks {
  /** A function makes the link when it is first used. */
  temporal?: TemporalLink | (() => Promise<TemporalLink>);
  /** Where secrets are looked for first. */
  env?: Record<string, string | undefined>;
  /** What projects have stored. Absent: the process has no key to open it. */
  stored?: StoredSecrets;
}

/** @throws CarillonError CONFIG_INVALID when a setting cannot be read; what does not answer is told by its first use */
export function createServices(settings: TaskSettings, { env = {}, temporal, stored }: ProcessLinks = {}): Services {
  const secrets = openSecrets({ env, folder: settings.secrets?.folder });
  const databases = createDatabases({ ...settings.databases, ...databasesFromEnv(env) }, secrets);
  const { url } = settings.objects ?? {};
  const objects = url === undefined ? undefined : openObjectStore(url);
  const logs = objects && new RunLogs(objects);
  return {
    settings,
    secrets,
    secretsOf: (project) => (stored ? secretsOfProject(project, stored, secrets) : secrets),
    objects,
    logs,
    fetch: guardedFetch(settings.http),
    database: databases.get,
    files: (run) => (objects ? taskFiles(objects, filesPrefix(run)) : noFiles),
    workflows: temporal ? workflowsOf(temporal) : () => noWorkflows,
    async close() {
      await Promise.all([logs?.settle(), databases.close()]);
      objects?.close();
    },
  };
}

/** Temporal's client is loaded by who uses it: it is larger than most hosts' tasks. */
function workflowsOf(temporal: NonNullable<ProcessLinks['temporal']>): Services['workflows'] {
  const make = async () => {
    const link = typeof temporal === 'function' ? await temporal() : temporal;
    return (await import('../workflows/workflows.js')).createWorkflows(link);
  };
  let made: ReturnType<typeof make> | undefined;
  return (run) => ({
    async execute(start, signal) {
      made ??= make();
      return (await made)(run).execute(start, signal);
    },
  });
}

const noWorkflows: TaskWorkflows = {
  async execute() {
    throw new CarillonError('CONFIG_INVALID', 'This process has no connection to Temporal.');
  },
};

const noFiles: TaskFiles = { put: noObjects, get: noObjects };

async function noObjects(): Promise<never> {
  throw new CarillonError('CONFIG_INVALID', 'This process has no object store.', {
    field: 'objects.url',
    hint: 'Name one in the configuration, or by CARILLON_OBJECTS.',
  });
}
