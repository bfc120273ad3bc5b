import { expect, test } from 'vitest';
import { JobCounting } from '../../../src/api/jobs/count.js';
import type { JobCounts } from '../../../src/store/store.js';

const asOf = '2026-11-21T09:00:00Z';

function counting(counts: JobCounts) {
  const asked = { all: 0, matching: 0, bound: 0 };
  const clock = { now: 0 };
  const counter = {
    all: async () => {
      asked.all += 1;
      if (counts.failed === -1) throw new Error('away');
      return { counts, asOf };
    },
    matching: async (_: unknown, bound: number) => {
      asked.matching += 1;
      asked.bound = bound;
      return { counts, asOf };
    },
  };
  return { asked, clock, counts, jobs: new JobCounting(counter, () => clock.now) };
}

test('many who ask at once cost one statement every two seconds', async () => {
  const { asked, clock, jobs } = counting({ scheduled: 100_000 });
  const answers = await Promise.all(Array.from({ length: 100 }, () => jobs.count({ project: 'p' })));
  expect(new Set(answers.map(({ total }) => total))).toEqual(new Set([100_000]));
  clock.now = 1999;
  await jobs.count({ project: 'p', state: ['paused'] });
  expect(asked.all).toBe(1);
  clock.now = 2000;
  await jobs.count({ project: 'p' });
  expect(asked).toMatchObject({ all: 2, matching: 0 });
});

test('a count that failed is not kept', async () => {
  const { jobs, counts } = counting({ failed: -1 });
  await expect(jobs.count({ project: 'p' })).rejects.toThrow('away');
  counts.failed = 3;
  expect(await jobs.count({ project: 'p' })).toMatchObject({ total: 3 });
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
