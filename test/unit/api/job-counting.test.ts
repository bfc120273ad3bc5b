import { expect, test } from 'vitest';
import { JobCounting } from '../../../src/api/jobs/count.js';
import type { JobCounts } from '../../../src/store/store.js';

const asOf = '2026-11-21T09:00:00Z';

function counting(counts: JobCounts) {
  const asked = { all: 0, matching: 0, bound: 0 };
  const clock = { now: 0 };
  /** Takes the place of an answer at once. */
  const slow: { all?: () => Promise<void> } = {};
  const counter = {
    all: async () => {
      asked.all += 1;
      await slow.all?.();
      if (counts.failed === -1) throw new Error('away');
      return { counts: { ...counts }, asOf };
    },
    matching: async (_: unknown, bound: number) => {
      asked.matching += 1;
      asked.bound = bound;
      return { counts, asOf };
    },
  };
  return { asked, clock, counts, slow, jobs: new JobCounting(counter, () => clock.now) };
}
const project = 'p';

test('many who ask at once cost one statement every two seconds', async () => {
  const { asked, clock, jobs } = counting({ scheduled: 100_000 });
  const answers = await Promise.all(Array.from({ length: 100 }, () => jobs.count({ project })));
  expect(new Set(answers.map(({ total }) => total))).toEqual(new Set([100_000]));
  clock.now = 1999;
  await jobs.count({ project, state: ['paused'] });
  expect(asked.all).toBe(1);
  clock.now = 2000;
  await Promise.all(Array.from({ length: 100 }, () => jobs.count({ project })));
  expect(asked).toMatchObject({ all: 2, matching: 0 });
});

test('who asks often is never kept waiting for a count; who asks seldom gets a new one', async () => {
  const { clock, counts, jobs } = counting({ scheduled: 1 });
  const total = async () => (await jobs.count({ project })).total;
  expect(await total()).toBe(1);
  counts.scheduled = 2;
  clock.now = 3000;
  expect([await total(), await total()]).toEqual([1, 2]);
  counts.scheduled = 3;
  clock.now = 60_000;
  expect(await total()).toBe(3);
});

test('what takes long is counted seldom, and until it is there a lower bound is told', async () => {
  const { asked, clock, jobs, slow } = counting({ scheduled: 1_000_000 });
  let end = () => {};
  slow.all = () =>
    new Promise((resolve) => {
      end = resolve;
    });
  expect(await jobs.count({ project })).toEqual({ total: 10_000, atLeast: true, asOf });
  clock.now = 5000;
  end();
  await expect.poll(async () => (await jobs.count({ project })).total).toBe(1_000_000);
  slow.all = undefined;
  clock.now = 99_999;
  await jobs.count({ project });
  expect(asked.all).toBe(1);
  clock.now = 100_000;
  await jobs.count({ project });
  expect(asked.all).toBe(2);
});

test('a count that failed is not kept', async () => {
  const { clock, jobs, counts } = counting({ failed: -1 });
  await expect(jobs.count({ project })).rejects.toThrow('away');
  counts.failed = 3;
  expect(await jobs.count({ project })).toMatchObject({ total: 3 });
  counts.failed = -1;
  clock.now = 60_000;
  await expect(jobs.count({ project })).rejects.toThrow('away');
});

test('filtered jobs are counted up to 10,000, that number included', async () => {
  const exact = counting({ scheduled: 9_000, failed: 1_000 });
  expect(await exact.jobs.count({ project: 'p', owner: 'ann' })).toMatchObject({
    total: 10_000,
    byState: { failed: 1000 },
  });
  expect(exact.asked.bound).toBe(10_001);
  const more = counting({ scheduled: 10_001 });
  expect(await more.jobs.count({ project: 'p', owner: 'ann' })).toEqual({ total: 10_000, atLeast: true, asOf });
});
