import type { z } from 'zod';
import type { DefinitionInput, Lane } from './definition.js';
import { durationMs } from './duration.js';
import { CarillonError, show } from './errors.js';

/** What a task gets beside its input. */
export interface TaskContext {
  /** Id of the run, equal on every attempt: send it along as idempotency key. */
  readonly runId: string;
  readonly jobId: string;
  readonly project: string;
  /** Nominal time of the occurrence; of a run started by hand, the moment it was asked for. */
  readonly scheduledAt: Date;
  /** 1 for the first. */
  readonly attempt: number;
  /** Aborts on cancellation and when the attempt's time is up. Hand it to whatever can wait. */
  readonly signal: AbortSignal;
  /** One line in the worker's log, with the run's ids. */
  log(message: string, fields?: Record<string, unknown>): void;
}

/** A kind of work: a name, an input schema, and what to do. Make one with {@link defineTask}. */
export interface Task<Name extends string = string, Input extends z.ZodType = z.ZodType, Output = unknown> {
  readonly name: Name;
  readonly description?: string;
  /** Checked when a job is submitted, and again before each attempt. */
  readonly input: Input;
  /** Default `standard`. `light` promises attempts of at most 2 s and runs inside the scheduler's workflow task. */
  readonly lane?: Lane;
  /** Bound of one attempt, a duration. Default 2 s light, 5 min standard, 1 h heavy. */
  readonly timeout?: string;
  run(context: TaskContext, input: z.output<Input>): Promise<Output> | Output;
}

// biome-ignore lint/suspicious/noExplicitAny: a registry holds tasks of every input type; `run` is contravariant.
export type AnyTask = Task<string, any, any>;

/** Longest attempt the light lane takes, in milliseconds. A longer one would hold up the job's own clock. */
export const lightBoundMs = 2000;
const defaultTimeout: Record<Lane, string> = { light: 'PT2S', standard: 'PT5M', heavy: 'PT1H' };

/**
 * Declares a task. The returned value is the argument, typed; register it in `carillon.config.ts`.
 * @throws CarillonError TASK_INVALID, LIGHT_BOUND_EXCEEDED or DURATION_INVALID.
 */
export function defineTask<const Name extends string, Input extends z.ZodType, Output>(
  task: Task<Name, Input, Output>,
): Task<Name, Input, Output> {
  if (!/^[a-z][a-zA-Z0-9]*(?:[._-][a-zA-Z0-9]+)*$/.test(task.name) || task.name.length > 100) {
    throw new CarillonError('TASK_INVALID', `Expected a task name such as "report.weekly", got ${show(task.name)}.`, {
      field: 'name',
      value: task.name,
      hint: 'Start with a lower-case letter; letters, digits, dots, dashes; at most 100.',
    });
  }
  if (typeof task.run !== 'function' || typeof task.input?.safeParse !== 'function') {
    throw new CarillonError('TASK_INVALID', `Expected task ${show(task.name)} to have a zod \`input\` and a \`run\`.`, {
      field: typeof task.run === 'function' ? 'input' : 'run',
      hint: 'See docs/tasks.md.',
    });
  }
  attemptTimeout(task.lane ?? 'standard', task.timeout);
  return task;
}

/** Bound of one attempt as a duration: what was asked for, or the lane's default. Refuses a light one above 2 s. */
export function attemptTimeout(lane: Lane, asked: string | undefined): string {
  const timeout = asked ?? defaultTimeout[lane];
  if (durationMs(timeout, 'timeout') > lightBoundMs && lane === 'light') {
    throw new CarillonError('LIGHT_BOUND_EXCEEDED', `Expected at most PT2S in the light lane, got ${show(timeout)}.`, {
      field: 'timeouts.attempt',
      value: timeout,
      hint: 'Use the standard lane for longer work, or state a shorter bound.',
    });
  }
  return timeout;
}

/** Tasks by name: an array of tasks as a record from name to task, for typed clients. */
export type TaskMap<Tasks extends readonly AnyTask[]> = { [T in Tasks[number] as T['name']]: T };

/** A definition whose input type follows from its task's name. */
export type TypedDefinition<Tasks extends readonly AnyTask[]> = {
  [T in Tasks[number] as T['name']]: Omit<DefinitionInput, 'task' | 'input'> & {
    task: T['name'];
  } & (undefined extends z.input<T['input']> ? { input?: z.input<T['input']> } : { input: z.input<T['input']> });
}[Tasks[number]['name']];

/** What a `carillon.config.ts` exports by default. */
export interface CarillonConfig<Tasks extends readonly AnyTask[] = readonly AnyTask[]> {
  tasks: Tasks;
}
export function defineConfig<const Tasks extends readonly AnyTask[]>(
  config: CarillonConfig<Tasks>,
): CarillonConfig<Tasks> {
  return config;
}

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
