import { CarillonError, show } from '../errors.js';
import type { AnyTask } from './task.js';

/** A module whose tasks could not be registered. */
export interface BrokenModule {
  /** Path of the file, or name of the package. */
  module: string;
  /** What is wrong with it, for people. */
  message: string;
}

/** The tasks a process knows. Pure: names in, tasks out. */
export class TaskRegistry {
  /** By name, the highest version first. */
  readonly #tasks = new Map<string, AnyTask[]>();

  /** @param broken modules that were to bring tasks and could not */
  constructor(
    tasks: Iterable<AnyTask>,
    readonly broken: readonly BrokenModule[] = [],
  ) {
    for (const task of tasks) this.#add(task);
  }

  #add(task: AnyTask): void {
    const versions = this.#tasks.get(task.name) ?? [];
    if (versions.some((known) => versionOf(known) === versionOf(task))) {
      throw new CarillonError(
        'TASK_INVALID',
        `Expected task names to be unique, got ${show(task.name)} twice in version ${versionOf(task)}.`,
        {
          field: 'name',
          value: task.name,
          hint: 'Rename one of them, or give it another `version`; built-in names cannot be replaced.',
        },
      );
    }
    this.#tasks.set(
      task.name,
      [...versions, task].sort((a, b) => versionOf(b) - versionOf(a)),
    );
  }

  names(): string[] {
    return [...this.#tasks.keys()].sort();
  }

  /** Every task, by name, the highest version first. */
  list(): AnyTask[] {
    return this.names().flatMap((name) => this.#tasks.get(name) ?? []);
  }

  /**
   * @param name `report` for the highest version, `report@2` for one
   * @throws CarillonError TASK_UNKNOWN
   */
  get(name: string): AnyTask {
    const [, base = '', version] = /^([^@]*)(?:@([1-9]\d{0,8}))?$/.exec(name) ?? [];
    const versions = this.#tasks.get(base) ?? [];
    const task = version === undefined ? versions[0] : versions.find((one) => versionOf(one) === Number(version));
    if (task) return task;
    const known = versions.map(versionOf).join(', ');
    const registered = `Registered here: ${this.names().join(', ')}. Own tasks are named in carillon.config.ts or by --tasks.`;
    const broken = this.broken.map(({ module }) => module).join(', ');
    throw new CarillonError('TASK_UNKNOWN', `Expected \`task\` to be a registered task, got ${show(name)}.`, {
      field: 'task',
      value: name,
      hint: [known && `Versions of ${base}: ${known}.`, registered, broken && `Modules that did not load: ${broken}.`]
        .filter(Boolean)
        .join(' '),
    });
  }
}

/** 1 where the task does not say. */
export function versionOf({ version = 1 }: Pick<AnyTask, 'version'>): number {
  return version;
}
