import { expect, test } from 'vitest';
import { z } from 'zod';
import { type Attempt, makeAttempt } from '../../../src/activities/attempt.js';
import { runErrorOf } from '../../../src/activities/failure.js';
import { CarillonError } from '../../../src/core/errors.js';
import type { TaskContext } from '../../../src/core/task/context.js';
import { defineTask } from '../../../src/core/task/task.js';
import { testContext } from '../../../src/kit/task-run.js';

function attempt(run: (context: TaskContext) => unknown, overrides: Partial<Attempt> = {}) {
  const task = defineTask({ name: 'work', input: z.strictObject({ n: z.number().optional() }), run });
  return makeAttempt({
    task,
    input: {},
    context: testContext().context,
    timeoutMs: 10_000,
    graceMs: 0,
    cancellation: new AbortController().signal,
    interrupted: () => false,
    ...overrides,
  });
}

const untilAborted = ({ signal }: TaskContext) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
const deaf = () => new Promise(() => {});

test('a result', async () => {
  expect(await attempt(() => 42)).toEqual({ state: 'succeeded', result: 42 });
});

test('an error, synchronous or not', async () => {
  const failed = { state: 'failed', error: { code: 'TASK_FAILED', message: 'no' } };
  expect(
    await attempt(() => {
      throw new Error('no');
    }),
  ).toEqual(failed);
  expect(await attempt(() => Promise.reject(new Error('no')))).toEqual(failed);
});

test('an input that no longer fits names the field', async () => {
  const outcome = await attempt(() => null, { input: { n: 'x' } });
  expect(outcome).toMatchObject({
    state: 'failed',
    error: { code: 'TASK_INPUT_INVALID', message: expect.stringContaining('input.n') },
  });
});

test.each([
  ['listens', untilAborted],
  ['does not listen', deaf],
])('out of time: a task that %s', async (_, run) => {
  expect(await attempt(run, { timeoutMs: 5 })).toMatchObject({
    state: 'timed_out',
    error: { code: 'TIMEOUT_ATTEMPT' },
  });
});

test.each([
  [false, 'cancelled'],
  [true, 'interrupted'],
])('cancelled, by a shutdown: %s', async (shutdown, state) => {
  const controller = new AbortController();
  const outcome = attempt(deaf, { cancellation: controller.signal, interrupted: () => shutdown });
  controller.abort();
  expect(await outcome).toEqual({ state });
});

test('a task may finish although it was told to stop, within its grace', async () => {
  const finishes = ({ signal }: TaskContext) =>
    new Promise((resolve) => signal.addEventListener('abort', () => resolve('done'), { once: true }));
  expect(await attempt(finishes, { timeoutMs: 5, graceMs: 1000 })).toEqual({ state: 'succeeded', result: 'done' });
});

test('the code and the causes of an error', () => {
  expect(runErrorOf(new CarillonError('HTTP_STATUS', 'got 500'))).toEqual({ code: 'HTTP_STATUS', message: 'got 500' });
  expect(runErrorOf(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }))).toMatchObject({ code: 'ECONNREFUSED' });
  expect(runErrorOf(new TypeError('x'))).toMatchObject({ code: 'TypeError' });
  expect(runErrorOf('text')).toEqual({ code: 'TASK_FAILED', message: 'text' });
  expect(runErrorOf(new Error('a', { cause: new Error('b', { cause: new Error('a') }) })).message).toBe('a: b');
  expect(runErrorOf(new Error('x'.repeat(5000))).message).toHaveLength(2000);
});
