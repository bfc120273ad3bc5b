import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { pass, type RunDependencies } from '../../../../src/activities/execute-run.js';
import { PageWriter } from '../../../../src/activities/fan-out/item-pages.js';
import { Marks } from '../../../../src/activities/fan-out/marks.js';
import { runMembers } from '../../../../src/activities/fan-out/run-members.js';
import { createServices } from '../../../../src/activities/services/services.js';
import type { ChunkProgress, ChunkRequest, Tally } from '../../../../src/core/fan-out/contract.js';
import type { TaskContext } from '../../../../src/core/task/context.js';
import { giveUp, retryAfter, skip, type TaskOutcome } from '../../../../src/core/task/outcome.js';
import { TaskRegistry } from '../../../../src/core/task/registry.js';
import type { TaskFiles } from '../../../../src/core/task/services.js';
import { defineTask } from '../../../../src/core/task/task.js';

function memoryFiles(): TaskFiles & { texts: Map<string, string> } {
  const texts = new Map<string, string>();
  return {
    texts,
    async put(name, body) {
      texts.set(name, body as string);
      return `memory:${name}`;
    },
    get: async (name) => inPieces(Buffer.from(texts.get(name) as string)),
  };
}

/** Cut anywhere, also amid a character. */
async function* inPieces(bytes: Uint8Array) {
  for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
}

type Work = (context: TaskContext, n: number) => unknown | TaskOutcome;

async function chunkOf(count: number, work: Work, asked: Partial<ChunkRequest> = {}) {
  const files = memoryFiles();
  const pages = new PageWriter(files, 'list');
  for (let n = 0; n < count; n++) await pages.add(JSON.stringify({ n, name: 'Zoë' }));
  await pages.end();
  const input = z.strictObject({ n: z.int(), name: z.literal('Zoë') });
  const member = defineTask({ name: 'member', input, run: async (context, item) => work(context, item.n) });
  const deps = {
    registry: new TaskRegistry([member]),
    services: { ...createServices({}), files: () => files },
    now: Date.now,
    pass,
    log: () => {},
  } as unknown as RunDependencies;
  const run = { project: 'p', jobId: 'job', runId: 'job@key:a', scheduledAt: '2026-01-01T00:00:00Z' };
  const retry = { maximumAttempts: 2, initialInterval: 'PT0.01S', backoffCoefficient: 1, maximumInterval: 'PT1S' };
  const request: ChunkRequest = {
    run: { ...run, effectiveAt: run.scheduledAt },
    member: { task: 'member', retry: { ...retry, nonRetryableErrors: ['FINAL'] } },
    ...{ folder: 'list', lane: 'standard', allowed: null, concurrency: 3, steps: { done: 1, failed: 1 } },
    ...{ from: 0, to: count },
    ...asked,
  };
  return { files, run: (env = new MockActivityEnvironment()) => env.run(runMembers, deps, request) as Promise<Tally> };
}

const failing = (code: string) => {
  throw Object.assign(new Error(`no ${code}`), { code });
};

test('every member of the range runs once, its key and attempt told, across pages', async () => {
  const seen: string[] = [];
  const { run } = await chunkOf(1200, ({ runId, attempt }) => void seen.push(`${runId} ${attempt}`), {
    from: 450,
    to: 1050,
  });
  expect(await run()).toEqual({ succeeded: 600, failed: 0, skipped: 0, failures: [], logs: [] });
  expect(seen.sort()).toEqual(Array.from({ length: 600 }, (_, k) => `job@key:a#${450 + k} 1`).sort());
});

test('attempts of members follow their policy and what they say', async () => {
  const tried = new Map<number, number>();
  const answers: Work[] = [
    () => failing('AGAIN'),
    () => failing('FINAL'),
    () => giveUp('hopeless'),
    () => skip('nothing to do'),
    ({ attempt }) => (attempt === 1 ? retryAfter('10ms') : undefined),
    ({ attempt }) => (attempt === 1 ? failing('AGAIN') : undefined),
  ];
  const { run, files } = await chunkOf(answers.length, (context, n) => {
    tried.set(n, (tried.get(n) ?? 0) + 1);
    return answers[n]?.(context, n);
  });
  const tally = await run();
  expect([...tried].sort().map(([, times]) => times)).toEqual([2, 1, 1, 1, 2, 2]);
  expect(tally).toMatchObject({ succeeded: 2, failed: 3, skipped: 1 });
  expect(tally.failures.map(({ index }) => index)).toEqual([0, 1, 2]);
  const log = (files.texts.get(tally.logs[0] as string) as string).trim().split('\n');
  expect(JSON.parse(log[1] as string)).toEqual({
    ...{ index: 1, runId: 'job@key:a#1', code: 'FINAL', message: 'no FINAL', item: { n: 1, name: 'Zoë' } },
  });
});

test('a later attempt does what the first left, and keeps its counts and failures', async () => {
  const marks = new Marks(10);
  for (const at of [0, 1, 2, 7]) marks.add(at);
  const heartbeatDetails: ChunkProgress = {
    ...{ succeeded: 2, skipped: 1, failed: 1, logs: ['list/failures-0-1-0.ndjson'], marks: marks.toString() },
    failures: [{ index: 7, code: 'OLD', message: 'before' }],
  };
  const seen: number[] = [];
  const { run } = await chunkOf(10, (_, n) => {
    seen.push(n);
    if (n === 3) failing('FINAL');
  });
  const tally = await run(new MockActivityEnvironment({ attempt: 2, heartbeatDetails }));
  expect(seen.sort()).toEqual([3, 4, 5, 6, 8, 9]);
  expect(tally).toEqual({
    ...{ succeeded: 7, failed: 2, skipped: 1 },
    failures: [
      { index: 3, code: 'FINAL', message: 'no FINAL' },
      { index: 7, code: 'OLD', message: 'before' },
    ],
    logs: ['list/failures-0-1-0.ndjson', 'list/failures-0-2-1.ndjson'],
  });
});

test('a thousand failures are all written, and more than allowed stop the chunk', async () => {
  const all = await chunkOf(1000, () => failing('FINAL'), { concurrency: 50 });
  const tally = await all.run();
  expect(tally).toMatchObject({ succeeded: 0, failed: 1000 });
  const lines = tally.logs.flatMap((name) => (all.files.texts.get(name) as string).trim().split('\n'));
  expect(new Set(lines.map((line) => JSON.parse(line).index)).size).toBe(1000);
  expect(lines).toHaveLength(1000);

  const few = await chunkOf(1000, () => failing('FINAL'), { allowed: 5, concurrency: 1 });
  expect(await few.run()).toMatchObject({ succeeded: 0, failed: 6 });
});

test('cancelled, it tells what was done; shut down, it leaves the rest to the next attempt', async () => {
  for (const cancelRequested of [true, false]) {
    const env = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
    const beats: ChunkProgress[] = [];
    env.on('heartbeat', (details) => beats.push(details));
    const { run } = await chunkOf(
      20,
      ({ signal }, n) => {
        if (n < 5) return undefined;
        if (n === 5) setImmediate(() => env.cancel('CANCELLED', { cancelRequested } as never));
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      },
      { concurrency: 1 },
    );
    if (cancelRequested) expect(await run(env)).toMatchObject({ succeeded: 5, failed: 0, skipped: 0 });
    else await expect(run(env)).rejects.toMatchObject({ type: 'WORKER_LOST', nonRetryable: false });
    expect(beats.at(-1)).toMatchObject({ succeeded: 5 });
    const marks = new Marks(20, beats.at(-1)?.marks);
    expect(Array.from({ length: 20 }, (_, at) => marks.has(at)).lastIndexOf(true)).toBe(4);
  }
});
