import { CarillonError, show } from '../../core/errors.js';
import type { TaskDatabase, TaskFiles, TaskSecrets, TaskSettings, TaskWorkflows } from '../../core/task/services.js';
import { createDatabases } from '../databases/databases.js';
import { guardedFetch } from '../net/guarded-fetch.js';
import { createWorkflows, type TemporalLink } from '../workflows/workflows.js';

/** A run, as far as services tell runs apart. */
export interface RunIds {
  project: string;
  jobId: string;
  runId: string;
}

/** What a worker lends to its tasks. Made once per process, from the configuration. */
export interface Services {
  readonly settings: TaskSettings;
  readonly secrets: TaskSecrets;
  readonly fetch: typeof globalThis.fetch;
  database(name: string): Promise<TaskDatabase>;
  files(run: RunIds): TaskFiles;
  workflows(run: RunIds): TaskWorkflows;
  close(): Promise<void>;
}

/** What the process has beside its configuration. */
export interface ProcessLinks {
  temporal?: TemporalLink;
}

export function createServices(settings: TaskSettings, links: ProcessLinks = {}): Services {
  const databases = createDatabases(settings.databases);
  const missing = (what: string) => new CarillonError('CONFIG_INVALID', `This process has no ${what}.`);
  return {
    settings,
    secrets: {
      async get(name) {
        throw missing(`secret ${show(name)}`);
      },
    },
    fetch: guardedFetch(settings.http),
    database: (name) => databases.get(name),
    files: () => ({
      async put() {
        throw missing('object store');
      },
      async get() {
        throw missing('object store');
      },
    }),
    workflows: links.temporal
      ? createWorkflows(links.temporal)
      : () => ({
          async execute() {
            throw missing('connection to Temporal');
          },
        }),
    close: () => databases.close(),
  };
}
