import { expect, test } from 'vitest';
import { makeAttempt } from '../../src/activities/attempt.js';
import { HostPool } from '../../src/activities/host/host-pool.js';
import { loadConfig } from '../../src/activities/tasks/load.js';
import { testContext } from '../../src/kit/task-run.js';
import { configPath, gone, useHosts } from '../unit/activities/host/attempts.js';

const attempts = useHosts();
const never = new AbortController().signal;

test.each([
  ['exits', { n: 0 }, 'TASK_EXITED', /exit code 0/],
  ['kills', {}, 'TASK_EXITED', /SIGTERM/],
  ['throws.late', {}, 'TASK_EXITED', /exit code 1.*out of reach/],
  ['eats.objects', {}, 'TASK_OUT_OF_MEMORY', /more memory/],
  ['eats.buffers', {}, 'TASK_OUT_OF_MEMORY', /more memory/],
])(
  '%s %j ends with %s',
  async (task, input, code, message) => {
    const { outcome } = attempts.of(task, input);
    expect(await outcome).toMatchObject({ state: 'failed', error: { code, message: expect.stringMatching(message) } });
    expect(await attempts.of('double', { n: 1 }).outcome).toMatchObject({ result: { twice: 2 } });
  },
  30_000,
);

test('what a task started goes with its host', async () => {
  const controller = new AbortController();
  const { outcome, trace } = attempts.of('spawns', {}, { cancellation: controller.signal });
  while (trace.heartbeats.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  controller.abort();
  expect(await outcome).toEqual({ state: 'cancelled' });
  await gone(trace.heartbeats[0] as number);
});

test('a host that its last attempt left spinning is not used again', async () => {
  const { result: pid } = (await attempts.of('spins.after').outcome) as unknown as { result: number };
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await attempts.pid()).not.toBe(pid);
  await gone(pid);
});

test('printing and logging without end costs the worker little', async () => {
  const before = process.memoryUsage().rss;
  const { outcome, trace } = attempts.of('prints', { n: 200 });
  expect(await outcome).toMatchObject({ state: 'succeeded' });
  expect(trace.log.length).toBeLessThan(10_003);
  expect(trace.log.at(-1)?.message).toMatch(/printed too much: 20\d{7} bytes were left out/);
  expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
  const logs = attempts.of('logs', { n: 30_000 });
  await logs.outcome;
  expect(logs.trace.log).toHaveLength(20_000);
  expect(logs.trace.log.at(-1)?.message).toMatch(/left out/);
});

test('as many at once as there may be, and no more', async () => {
  const few = new HostPool({ configPath, concurrency: 10, maximum: 2 });
  const own = few.placeAll(await loadConfig(configPath));
  const pids = await Promise.all(
    Array.from({ length: 6 }, async () => {
      const { context } = testContext();
      const made = { context, timeoutMs: 20_000, graceMs: 100, cancellation: never, interrupted: () => false };
      const outcome = await makeAttempt({ ...made, task: own.get('double'), input: {} });
      return (outcome as { result: { pid: number } }).result.pid;
    }),
  );
  expect(new Set(pids).size).toBeLessThanOrEqual(2);
  expect(few.size).toBeLessThanOrEqual(2);
  await few.close();
  for (const pid of pids) await gone(pid);
});
