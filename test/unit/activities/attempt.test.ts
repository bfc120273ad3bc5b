import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Attempt, makeAttempt } from '../../../src/activities/attempt.js';
import { causesOf, runErrorOf } from '../../../src/activities/failure.js';
import { CarillonError } from '../../../src/core/errors.js';
import type { TaskContext } from '../../../src/core/task/context.js';
import { giveUp, retryAfter, skip } from '../../../src/core/task/outcome.js';
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

describe('outcomes as values', () => {
  test('retryAfter fails the attempt and says when the next one comes', async () => {
    expect(await attempt(() => retryAfter('90s', 'the file is not there yet'))).toEqual({
      state: 'failed',
      error: { code: 'RETRY_LATER', message: 'the file is not there yet' },
      retryAfterMs: 90_000,
    });
    expect(() => retryAfter('soon')).toThrow(expect.objectContaining({ code: 'DURATION_INVALID' }));
  });

  test('giveUp and skip carry their reason', async () => {
    expect(await attempt(() => giveUp('the account is closed'))).toEqual({
      state: 'failed',
      error: { code: 'GAVE_UP', message: 'the account is closed' },
    });
    expect(await attempt(() => skip('nothing new'))).toEqual({ state: 'skipped', reason: 'nothing new' });
  });

  test('data that looks like one is a result', async () => {
    const result = { kind: 'skip', reason: 'a row of the source' };
    expect(await attempt(() => result)).toEqual({ state: 'succeeded', result });
  });
});

test('a result is checked by the schema of the output, and its path is named', async () => {
  const output = z.strictObject({ rows: z.number().int(), note: z.string().default('-') });
  const task = (run: () => unknown) =>
    defineTask({ name: 'work', input: z.strictObject({}), output, run: run as () => z.output<typeof output> });
  const made = (run: () => unknown) => attempt(() => undefined, { task: task(run) });
  expect(await made(() => ({ rows: 3 }))).toEqual({ state: 'succeeded', result: { rows: 3, note: '-' } });
  expect(await made(() => ({ rows: '3' }))).toMatchObject({
    state: 'failed',
    error: { code: 'TASK_OUTPUT_INVALID', message: expect.stringContaining('`output.rows`') },
  });
  expect(await made(() => skip('nothing'))).toEqual({ state: 'skipped', reason: 'nothing' });
});

test('what caused an error, the nearest first', async () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const outcome = await attempt(() => {
    throw new TypeError('fetch failed', { cause: new Error('no answer', { cause: refused }) });
  });
  expect(outcome).toMatchObject({
    error: { code: 'TypeError', message: 'fetch failed: no answer: connect ECONNREFUSED' },
    causes: [
      { code: 'TASK_FAILED', message: 'no answer' },
      { code: 'ECONNREFUSED', message: 'connect ECONNREFUSED' },
    ],
  });
  const circle = new Error('a');
  circle.cause = circle;
  expect(causesOf(circle)).toHaveLength(5);
});
