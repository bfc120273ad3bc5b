import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { TaskContext } from '../../../src/core/task/context.js';
import { skip } from '../../../src/core/task/outcome.js';
import { defineTask } from '../../../src/core/task/task.js';
import { runTask } from '../../../src/kit/index.js';

const task = (run: (context: TaskContext, input: { n: number }) => unknown, rest: object = {}) =>
  defineTask({ name: 'work', input: z.strictObject({ n: z.number().default(0) }), run, ...rest });
const day = 86_400_000;

test('days pass at once, in order, and time is what the task sees', async () => {
  const seen: string[] = [];
  const patient = task(async (context) => {
    const beat = setInterval(() => seen.push(`beat ${new Date().toISOString()}`), day);
    await delay(2.5 * day);
    clearInterval(beat);
    await new Promise((resolve) => setTimeout(resolve, day / 2));
    context.log('done');
    return Date.now() - context.scheduledAt.getTime();
  });
  const began = performance.now();
  const run = await runTask(patient, {}, { timeout: '7d' });
  expect(run).toMatchObject({ outcome: { state: 'succeeded', result: 3 * day }, tookMs: 3 * day });
  expect(seen).toEqual(['beat 2026-01-02T00:00:00.000Z', 'beat 2026-01-03T00:00:00.000Z']);
  expect(run.log).toEqual([{ level: 'info', message: 'done' }]);
  expect(performance.now() - began).toBeLessThan(5000);
  expect(Math.abs(Date.now() - Date.parse('2026-01-01T00:00:00Z'))).toBeGreaterThan(day);
});

test("the attempt's bound is the task's, and the task is told", async () => {
  const listens = task(
    ({ signal, log }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(log('told')))),
    { timeout: '90s' },
  );
  const run = await runTask(listens, {});
  expect(run).toMatchObject({ outcome: { state: 'timed_out', error: { code: 'TIMEOUT_ATTEMPT' } }, tookMs: 90_000 });
  expect(run.log).toHaveLength(1);
  const deaf = await runTask(
    task(() => new Promise(() => {})),
    {},
    { timeout: '1m' },
  );
  expect(deaf).toMatchObject({ outcome: { state: 'timed_out' }, tookMs: 62_000 });
});

test('a run that is cancelled', async () => {
  const sleeps = task(({ signal }) => delay(day, undefined, { signal }));
  const run = await runTask(sleeps, {}, { cancelAfter: '10m', timeout: '2d' });
  expect(run).toMatchObject({ outcome: { state: 'cancelled' }, tookMs: 600_000 });
});

test('the next attempt finds what the one before kept', async () => {
  const resumes = task(async (context) => {
    const start = (context.heartbeatDetails as number | undefined) ?? 0;
    if (start === 2) return { attempt: context.attempt, start };
    context.heartbeat(1);
    context.heartbeat(2);
    throw new Error('broken off');
  });
  const first = await runTask(resumes, {});
  expect(first).toMatchObject({ outcome: { state: 'failed' }, heartbeats: [1, 2] });
  expect((await first.next()).outcome).toEqual({ state: 'succeeded', result: { attempt: 2, start: 2 } });
});

test('inputs are refused, outcomes are values, and the clock is given back', async () => {
  expect(
    (
      await runTask(
        task(() => 1),
        { n: 'x' } as never,
      )
    ).outcome,
  ).toMatchObject({
    error: { code: 'TASK_INPUT_INVALID' },
  });
  expect(
    (
      await runTask(
        task(() => skip('no')),
        {},
      )
    ).outcome,
  ).toEqual({ state: 'skipped', reason: 'no' });
  expect(new Date().getFullYear()).toBeGreaterThan(2000);
  await expect(delay(1, 'real')).resolves.toBe('real');
});
