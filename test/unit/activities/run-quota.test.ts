import { expect, test } from 'vitest';
import { RunQuota } from '../../../src/activities/run-quota.js';
import type { ProjectQuotas } from '../../../src/store/store.js';

/** A database that counts what it is asked, and workers that share it. */
function stage(quotas: ProjectQuotas | undefined, workers = 1) {
  const used = new Map<string, number>();
  const asked = { quotas: 0, runs: 0 };
  const state = { now: Date.parse('2026-11-21T23:00:00Z'), quotas, away: false };
  const store = {
    async of() {
      asked.quotas += 1;
      if (state.away) throw new Error('away');
      return state.quotas;
    },
    async takeRuns(project: string, day: string, quota: number) {
      asked.runs += 1;
      if (state.away) throw new Error('away');
      const before = used.get(project + day) ?? 0;
      const granted = Math.min(
        Math.max(1, Math.min(100, Math.floor((quota - before) / 20))),
        Math.max(0, quota - before),
      );
      used.set(project + day, before + granted);
      return granted;
    },
  };
  const all = Array.from({ length: workers }, () => new RunQuota({ store, now: () => state.now }));
  /** Takes so many runs, of each worker in turn. @returns how many may begin */
  const take = async (count: number) => {
    const answers = await Promise.all(Array.from({ length: count }, (_, run) => all[run % workers]?.take('a')));
    return answers.filter((answer) => answer === undefined).length;
  };
  return { state, asked, take };
}

test('a project without a quota costs a look every few seconds', async () => {
  const { take, asked, state } = stage(undefined);
  for (let second = 0; second < 20; second += 1, state.now += 1000) expect(await take(100)).toBe(100);
  expect(asked.runs).toBe(0);
  expect(asked.quotas).toBeLessThanOrEqual(100 + 4);
});

test.each([1, 3])('%i workers begin as many runs together as the quota says', async (workers) => {
  const { take, asked } = stage({ runsPerDay: 1000 }, workers);
  let begun = 0;
  for (let round = 0; round < 12; round += 1) begun += await take(100);
  expect(begun).toBe(1000);
  expect(asked.runs).toBeLessThan(150);
});

test('the next day begins anew, and a quota that was raised counts at once or nearly so', async () => {
  const { take, state } = stage({ runsPerDay: 5 });
  expect(await take(10)).toBe(5);
  state.quotas = { runsPerDay: 8 };
  expect(await take(10)).toBe(0);
  state.now += 5000;
  await take(1);
  state.now += 5000;
  expect(await take(10)).toBeGreaterThanOrEqual(2);
  state.now += 3_600_000;
  await take(0);
  expect(await take(20)).toBe(8);
});

test('while the database is away runs go on', async () => {
  const { take, state } = stage({ runsPerDay: 5 });
  expect(await take(10)).toBe(5);
  state.away = true;
  state.now += 10_000;
  expect(await take(10)).toBe(10);
});
