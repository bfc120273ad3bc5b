import type { TaskSettings } from './services.js';
import type { AnyTask } from './task.js';

/** How the processes are kept that attempts of the user's tasks run in. */
export interface HostSettings {
  /** Memory of JavaScript objects, MiB; the process may take twice that and 128 MiB more. Default 256. */
  memoryMb?: number;
  /** Processes at most in each worker. Default: as many as it makes attempts at the same time. */
  maximum?: number;
}

/** What a `carillon.config.ts` exports by default. */
export interface CarillonConfig<Tasks extends readonly AnyTask[] = readonly AnyTask[]> extends TaskSettings {
  tasks?: Tasks;
  /**
   * Where further tasks are: folders and files (`./tasks`, relative to the configuration) and packages (`@acme/tasks`).
   * Each module's exported tasks are registered; one that is broken is named, and the others load.
   */
  taskModules?: readonly string[];
  hosts?: HostSettings;
}

export function defineConfig<const Tasks extends readonly AnyTask[] = readonly []>(
  config: CarillonConfig<Tasks>,
): CarillonConfig<Tasks> & { tasks: Tasks } {
  return { ...config, tasks: config.tasks ?? ([] as unknown as Tasks) };
}
