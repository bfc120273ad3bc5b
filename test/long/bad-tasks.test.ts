import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { isAlive, until } from '../embedded/until.js';
import { lateness } from '../faults/collector.js';
import { Site } from '../faults/site.js';

/** How late a neighbour may be while others misbehave: a busy machine alone makes it so late. */
const toleratedMs = 2000;

const tasks = { CARILLON_TASKS: fileURLToPath(new URL('bad-tasks.config.ts', import.meta.url)) };

test('bad tasks end with a reason, their worker lives, and the neighbours run on', async () => {
  const site = await Site.open();
  const { collector } = site;
  const [, worker] = await Promise.all([site.startApi(tasks), site.startWorker('scheduler', tasks)]);
  const beats = await site.createBeats(4);
  await collector.untilEachStarted(beats, Date.now());
  const began = Date.now();

  const once = { schedule: { immediate: true }, retry: { maximumAttempts: 1 } } as const;
  const bad: [task: string, n: number, end: object][] = [
    ['throws', 0, { state: 'failed', error: { code: 'OUT_OF_PAPER' } }],
    ['throws.late', 0, { state: 'failed', error: { code: 'TASK_EXITED' } }],
    ['exits', 3, { state: 'failed', error: { code: 'TASK_EXITED' } }],
    ['kills', 0, { state: 'failed', error: { code: 'TASK_EXITED' } }],
    ['spins', 0, { state: 'timed_out', error: { code: 'TIMEOUT_ATTEMPT' } }],
    ['never.ends', 0, { state: 'timed_out', error: { code: 'TIMEOUT_ATTEMPT' } }],
    ['eats.objects', 0, { state: 'failed', error: { code: 'TASK_OUT_OF_MEMORY' } }],
    ['eats.buffers', 0, { state: 'failed', error: { code: 'TASK_OUT_OF_MEMORY' } }],
    ['prints', 1000, { state: 'succeeded', result: 1000 }],
    ['logs', 100_000, { state: 'succeeded' }],
  ];
  for (const [task, n, end] of bad) {
    const id = `bad-${task.replace('.', '-')}`;
    const attempt = task === 'spins' || task === 'never.ends' ? 'PT4S' : 'PT1M';
    await site.create(id, { ...once, task, input: { n }, timeouts: { attempt } } as never);
    const row = await until(`${id} is in the ledger`, async () => {
      const [entry] = await site.ledger(id);
      return entry?.finishedAt ? entry : undefined;
    });
    expect(row).toMatchObject(end);
  }
  const over = Date.now();
  await collector.untilEachStarted(beats, over);
  const late = lateness(collector.reports, began, over);
  expect(late.length).toBeGreaterThan(beats.length);
  expect(late[0]?.lateMs, JSON.stringify(late.slice(0, 5))).toBeLessThanOrEqual(toleratedMs);
  // It is still the same process that runs them.
  expect(collector.reports.filter(({ at }) => at >= began).every(({ pid }) => pid === worker.pid)).toBe(true);
}, 180_000);

test('a worker that is killed leaves no host behind, not even one that spins', async () => {
  const site = await Site.open();
  const [, worker] = await Promise.all([site.startApi(tasks), site.startWorker('scheduler', tasks)]);
  const once = { schedule: { immediate: true }, retry: { maximumAttempts: 1 } } as const;
  const pids: number[] = [];
  for (const task of ['spins', 'never.ends'] as const) {
    const id = `left-${task.replace('.', '-')}`;
    await site.create(id, { ...once, task: `${task}.telling`, input: { report: site.collector.url } } as never);
    pids.push((await site.collector.until(`${id} runs`, ({ jobId }) => jobId === id)).pid);
  }
  expect(new Set([...pids, worker.pid]).size).toBe(3);
  await worker.kill();
  await until('the hosts are gone', async () => {
    return !(await Promise.all(pids.map(isAlive))).some(Boolean);
  });
}, 90_000);
