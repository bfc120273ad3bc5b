import type { TaskSettings } from './services.js';
import type { AnyTask } from './task.js';

/** What a `carillon.config.ts` exports by default. */
export interface CarillonConfig<Tasks extends readonly AnyTask[] = readonly AnyTask[]> extends TaskSettings {
  tasks: Tasks;
}

export function defineConfig<const Tasks extends readonly AnyTask[]>(
  config: CarillonConfig<Tasks>,
): CarillonConfig<Tasks> {
  return config;
}
