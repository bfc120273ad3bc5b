import type { TaskFiles } from '../core/task/services.js';
import type { ObjectStore } from './object-store.js';

/** The objects below a prefix, as a task sees them. */
export function taskFiles(store: ObjectStore, prefix: string): TaskFiles {
  return {
    async put(name, body, options) {
      await store.put(prefix + name, body, options);
      return store.location(prefix + name);
    },
    get: (name) => store.get(prefix + name),
  };
}
