import { expect, test, vi } from 'vitest';
import { gone, useHosts } from './attempts.js';

// Processes are started here, on machines that may be busy.
vi.setConfig({ testTimeout: 30_000 });
const attempts = useHosts();

test('attempts run in another process, which is kept for the next', async () => {
  const { outcome } = attempts.of('double', { n: '21' });
  const first = (await outcome) as { result: { pid: number } };
  expect(first).toEqual({ state: 'succeeded', result: { twice: 42, pid: expect.any(Number) } });
  expect(first.result.pid).not.toBe(process.pid);
  expect(await attempts.pid()).toBe(first.result.pid);
});

test('what a task tells and asks goes through', async () => {
  const { outcome, trace } = attempts.of(
    'tells',
    {},
    {
      with: {
        runId: 'a@1',
        attempt: 2,
        heartbeatDetails: { id: 7 },
        lastSuccess: { runId: 'a@0', scheduledAt: new Date(0), finishedAt: new Date(1), result: { cursor: 5 } },
        services: { secrets: { get: async (name) => `the ${name}` } },
      },
    },
  );
  expect(await outcome).toEqual({
    state: 'succeeded',
    result: {
      ...{ runId: 'a@1', attempt: 2, scheduledAt: '2026-01-01T00:00:00.000Z', heartbeatDetails: { id: 7 } },
      last: {
        ...{ runId: 'a@0', result: { cursor: 5 } },
        ...{ scheduledAt: '1970-01-01T00:00:00.000Z', finishedAt: '1970-01-01T00:00:00.001Z' },
      },
      secret: 'the token',
    },
  });
  expect(trace.log).toEqual([
    { level: 'warn', message: 'look', fields: { omitted: expect.stringContaining('BigInt') } },
  ]);
  expect(trace.progress.at(-1)).toEqual({ done: 1000, total: 1000, note: 'rows' });
  expect(trace.heartbeats.at(-1)).toEqual({ id: 1000 });
  expect(trace.progress.length).toBeLessThan(1000);
});

test('errors keep code and causes, refused input names its path', async () => {
  expect(await attempts.of('throws').outcome).toEqual({
    state: 'failed',
    error: { code: 'OUT_OF_PAPER', message: 'tray 2 is empty: no sheet' },
    causes: [{ code: 'TypeError', message: 'no sheet' }],
  });
  expect(await attempts.of('double', { n: 'x' }).outcome).toMatchObject({
    error: { code: 'TASK_INPUT_INVALID', message: expect.stringContaining('`input.n`') },
  });
  expect(await attempts.of('checked').outcome).toMatchObject({ error: { code: 'TASK_OUTPUT_INVALID' } });
});

test('outcomes and results that are not JSON', async () => {
  expect(await attempts.of('outcomes', { n: 0 }).outcome).toMatchObject({ state: 'failed', retryAfterMs: 300_000 });
  expect(await attempts.of('outcomes', { n: 1 }).outcome).toMatchObject({ error: { code: 'GAVE_UP', message: 'no' } });
  expect(await attempts.of('outcomes', { n: 2 }).outcome).toEqual({ state: 'skipped', reason: 'nothing new' });
  expect(await attempts.of('outcomes', { n: 3 }).outcome).toEqual({ state: 'succeeded', result: undefined });
  expect(await attempts.of('circular').outcome).toMatchObject({
    result: { omitted: expect.stringMatching(/^not JSON/) },
  });
});

test.each([['exits', { n: 3 }, 'TASK_EXITED', /exit code 3/]])(
  '%s %j ends with %s',
  async (task, input, code, message) => {
    const { outcome } = attempts.of(task, input);
    expect(await outcome).toMatchObject({ state: 'failed', error: { code, message: expect.stringMatching(message) } });
    expect(await attempts.of('double', { n: 1 }).outcome).toMatchObject({ result: { twice: 2 } });
  },
  30_000,
);

test.each(['spins', 'never.ends'])('%s: out of time, killed', async (task) => {
  const { outcome, trace } = attempts.of(task, {}, { timeoutMs: 300 });
  expect(await outcome).toMatchObject({ state: 'timed_out', error: { code: 'TIMEOUT_ATTEMPT' } });
  const pid = trace.log[0]?.fields?.pid as number | undefined;
  if (pid !== undefined) await gone(pid);
});

test('a task that listens ends by itself, and its host is kept', async () => {
  const before = await attempts.pid();
  const controller = new AbortController();
  const { outcome, trace } = attempts.of('listens', {}, { cancellation: controller.signal, graceMs: 10_000 });
  while (trace.heartbeats.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  controller.abort();
  expect(await outcome).toEqual({ state: 'cancelled' });
  expect(await attempts.pid()).toBe(before);
});

test('what it prints becomes lines of the log, each attempt its own', async () => {
  const { outcome, trace } = attempts.of('prints');
  expect(await outcome).toEqual({ state: 'succeeded', result: 0 });
  expect(trace.log.filter(({ fields }) => fields?.stream === 'stdout').map(({ message }) => message)).toEqual([
    'first',
    'without an end',
  ]);
  expect(trace.log).toContainEqual({ level: 'warn', message: 'trouble', fields: { stream: 'stderr' } });
  const next = attempts.of('double');
  await next.outcome;
  expect(next.trace.log).toEqual([]);
});
