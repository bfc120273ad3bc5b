import type { RunError } from '../core/contract.js';
import { CarillonError } from '../core/errors.js';
import { parseWith } from '../core/prepare.js';
import type { TaskContext } from '../core/task/context.js';
import { isOutcome } from '../core/task/outcome.js';
import type { AnyTask } from '../core/task/task.js';
import { causesOf, runErrorOf } from './failure.js';
import { isHosted } from './host/hosted-task.js';

/** How one attempt ended. `interrupted`: by the worker's shutdown, no fault of the task. */
export type Outcome =
  | { state: 'succeeded'; result: unknown }
  | { state: 'failed' | 'timed_out'; error: RunError; causes?: RunError[]; retryAfterMs?: number }
  /** The task found nothing to do. */
  | { state: 'skipped'; reason: string }
  | { state: 'cancelled' | 'interrupted' };

export interface Attempt {
  task: AnyTask;
  input: unknown;
  context: Omit<TaskContext, 'signal'>;
  timeoutMs: number;
  /** How long a task may take to give up once its signal aborted. After that it is left behind, or killed with its host. */
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
  const signal = AbortSignal.any([cancellation, timeout.signal]);
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    timer = setTimeout(() => timeout.abort(outOfTime(timeoutMs)), timeoutMs);
  };
  const given = abandoned(signal, graceMs);
  try {
    const whole = { ...context, signal };
    // A host's time counts from when it is there.
    const running = isHosted(task) ? task.runHosted(whole, input, { graceMs, begin }) : inProcess(begin);
    return outcomeOf(await Promise.race([running, given.promise]));

    function inProcess(start: () => void): Promise<unknown> {
      start();
      return runTask(task, input, whole);
    }
  } catch (error) {
    if (cancellation.aborted) return { state: interrupted() ? 'interrupted' : 'cancelled' };
    if (timeout.signal.aborted) return { state: 'timed_out', error: runErrorOf(timeout.signal.reason) };
    return { state: 'failed', error: runErrorOf(error), causes: causesOf(error) };
  } finally {
    clearTimeout(timer);
    given.stop();
  }
}

/** What the task returned, checked by its `output` schema unless it is a {@link isOutcome} value. */
export async function runTask(task: AnyTask, input: unknown, context: TaskContext): Promise<unknown> {
  const value = await task.run(context, parseWith(task.input, input, 'TASK_INPUT_INVALID', 'input'));
  if (isOutcome(value) || !task.output) return value;
  return parseWith(task.output, value, 'TASK_OUTPUT_INVALID', 'output');
}

function outcomeOf(value: unknown): Outcome {
  if (!isOutcome(value)) return { state: 'succeeded', result: value };
  if (value.kind === 'skip') return { state: 'skipped', reason: value.reason };
  if (value.kind === 'giveUp') return { state: 'failed', error: { code: 'GAVE_UP', message: value.reason } };
  const message = value.reason ?? `The task asked for another attempt in ${value.waitMs} ms.`;
  return { state: 'failed', error: { code: 'RETRY_LATER', message }, retryAfterMs: value.waitMs };
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
