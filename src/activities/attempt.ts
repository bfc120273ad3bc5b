import type { RunError } from '../core/contract.js';
import { CarillonError } from '../core/errors.js';
import { parseWith } from '../core/prepare.js';
import type { TaskContext } from '../core/task/context.js';
import type { AnyTask } from '../core/task/task.js';
import { runErrorOf } from './failure.js';

/** How one attempt ended. `interrupted`: by the worker's shutdown, no fault of the task. */
export type Outcome =
  | { state: 'succeeded'; result: unknown }
  | { state: 'failed' | 'timed_out'; error: RunError }
  | { state: 'cancelled' | 'interrupted' };

export interface Attempt {
  task: AnyTask;
  input: unknown;
  context: Omit<TaskContext, 'signal'>;
  timeoutMs: number;
  /** How long a task may take to give up once its signal aborted. After that it is left behind. */
  graceMs: number;
  /** Aborts on cancellation; `interrupted` tells a shutdown from a command. */
  cancellation: AbortSignal;
  interrupted: () => boolean;
}

/** Makes one attempt. Never throws: whatever the task does becomes an outcome, within `timeoutMs + graceMs`. */
export async function makeAttempt({
  task,
  input,
  context,
  timeoutMs,
  graceMs,
  cancellation,
  interrupted,
}: Attempt): Promise<Outcome> {
  if (cancellation.aborted) return { state: interrupted() ? 'interrupted' : 'cancelled' };
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(outOfTime(timeoutMs)), timeoutMs);
  const signal = AbortSignal.any([cancellation, timeout.signal]);
  const given = abandoned(signal, graceMs);
  try {
    const result = await Promise.race([runTask(task, input, { ...context, signal }), given.promise]);
    return { state: 'succeeded', result };
  } catch (error) {
    if (cancellation.aborted) return { state: interrupted() ? 'interrupted' : 'cancelled' };
    if (timeout.signal.aborted) return { state: 'timed_out', error: runErrorOf(timeout.signal.reason) };
    return { state: 'failed', error: runErrorOf(error) };
  } finally {
    clearTimeout(timer);
    given.stop();
  }
}

async function runTask(task: AnyTask, input: unknown, context: TaskContext): Promise<unknown> {
  return task.run(context, parseWith(task.input, input, 'TASK_INPUT_INVALID', 'input'));
}

function outOfTime(timeoutMs: number): CarillonError {
  return new CarillonError('TIMEOUT_ATTEMPT', `The attempt took longer than ${timeoutMs} ms.`, {
    field: 'timeouts.attempt',
  });
}

/** Rejects `graceMs` after the signal aborted: the task did not listen. */
function abandoned(signal: AbortSignal, graceMs: number): { promise: Promise<never>; stop: () => void } {
  let timer: NodeJS.Timeout | undefined;
  let listen = () => {};
  const promise = new Promise<never>((_, reject) => {
    listen = () => {
      timer = setTimeout(() => reject(signal.reason), graceMs);
    };
    if (signal.aborted) listen();
    else signal.addEventListener('abort', listen, { once: true });
  });
  promise.catch(() => {});
  return {
    promise,
    stop: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', listen);
    },
  };
}
