import { CarillonError, show } from '../../core/errors.js';
import type { TaskDatabase, TaskFiles, TaskSecrets, TaskSettings, TaskWorkflows } from '../../core/task/services.js';
import { guardedFetch } from '../net/guarded-fetch.js';

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

export function createServices(settings: TaskSettings): Services {
  const missing = (what: string) => new CarillonError('CONFIG_INVALID', `This process has no ${what}.`);
  return {
    settings,
    secrets: {
      async get(name) {
        throw missing(`secret ${show(name)}`);
      },
    },
    fetch: guardedFetch(settings.http),
    async database(name) {
      throw missing(`database ${show(name)}`);
    },
    files: () => ({
      async put() {
        throw missing('object store');
      },
      async get() {
        throw missing('object store');
      },
    }),
    workflows: () => ({
      async execute() {
        throw missing('Temporal client');
      },
    }),
    async close() {},
  };
}
