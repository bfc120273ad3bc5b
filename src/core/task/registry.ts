import { CarillonError, show } from '../errors.js';
import type { AnyTask } from './task.js';

/** The tasks a process knows. Pure: names in, tasks out. */
export class TaskRegistry {
  readonly #tasks = new Map<string, AnyTask>();

  constructor(tasks: Iterable<AnyTask>) {
    for (const task of tasks) {
      if (this.#tasks.has(task.name)) {
        throw new CarillonError('TASK_INVALID', `Expected task names to be unique, got ${show(task.name)} twice.`, {
          field: 'name',
          value: task.name,
          hint: 'Rename one of them; built-in names cannot be replaced.',
        });
      }
      this.#tasks.set(task.name, task);
    }
  }

  names(): string[] {
    return [...this.#tasks.keys()].sort();
  }

  /** @throws CarillonError TASK_UNKNOWN */
  get(name: string): AnyTask {
    const task = this.#tasks.get(name);
    if (task) return task;
    throw new CarillonError('TASK_UNKNOWN', `Expected \`task\` to be a registered task, got ${show(name)}.`, {
      field: 'task',
      value: name,
      hint: `Registered here: ${this.names().join(', ')}. Own tasks are named in carillon.config.ts or by --tasks.`,
    });
  }
}
