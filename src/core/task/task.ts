import type { z } from 'zod';
import { type DefinitionInput, type Lane, retrySchema } from '../definition.js';
import { durationMs } from '../duration.js';
import { CarillonError, show } from '../errors.js';
import type { TaskContext } from './context.js';
import type { TaskOutcome } from './outcome.js';

/** A kind of work: a name, an input schema, and what to do. Make one with {@link defineTask}. */
export interface Task<Name extends string = string, Input extends z.ZodType = z.ZodType, Output = unknown> {
  readonly name: Name;
  readonly description?: string;
  /** Told apart from other versions of the name, which may run side by side. Default 1. */
  readonly version?: number;
  /** Checked when a job is submitted, and again before each attempt. */
  readonly input: Input;
  /** Checked before the result is kept; a result that does not fit fails the run with TASK_OUTPUT_INVALID. */
  readonly output?: z.ZodType<Output>;
  /** Retry policy where the job does not say. */
  readonly retry?: DefinitionInput['retry'];
  /** Default `standard`. `light` promises attempts of at most 2 s and runs inside the scheduler's workflow task. */
  readonly lane?: Lane;
  /** Bound of one attempt, a duration. Default 2 s light, 5 min standard, 1 h heavy. */
  readonly timeout?: string;
  /**
   * `process` (the default for tasks of the user's modules): attempts run in a process of their own, which may exit, spin
   * and eat memory without hurting others. `none`: in the worker itself, which saves a millisecond, and all safety.
   */
  readonly isolation?: 'process' | 'none';
  /**
   * `resolved` (the default): `secret://name` in the input is replaced before `run` sees it. `referenced`: it stays as it
   * is written, because the task hands its input on, to a workflow's history among others.
   */
  readonly secrets?: 'resolved' | 'referenced';
  run(context: TaskContext, input: z.output<Input>): Promise<Output | TaskOutcome> | Output | TaskOutcome;
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
  const { version } = task;
  if (version !== undefined && !(Number.isInteger(version) && version > 0)) {
    throw new CarillonError('TASK_INVALID', `Expected \`version\` of ${task.name} from 1 up, got ${show(version)}.`, {
      field: 'version',
      value: version,
      hint: 'Count versions by whole numbers; leave it out for 1.',
    });
  }
  if (task.retry !== undefined) checkRetry(task.name, task.retry);
  return task;
}

function checkRetry(name: string, retry: unknown): void {
  const { error } = retrySchema.safeParse(retry);
  const issue = error?.issues[0];
  if (!issue) return;
  const field = ['retry', ...issue.path.map(String)].join('.');
  throw new CarillonError('TASK_INVALID', `Expected \`${field}\` of ${name} to be a retry policy: ${issue.message}`, {
    field,
    hint: 'It has the fields of `retry` of a job, all of them optional.',
  });
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
