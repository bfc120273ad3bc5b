import { expect, test } from 'vitest';
import { QuotaCache } from '../../../src/store/quota-cache.js';
import type { ProjectQuotas } from '../../../src/store/store.js';

function stage() {
  const state = { now: 0, quotas: { jobs: 1 } as ProjectQuotas | undefined, away: false, reads: 0 };
  const store = {
    async of() {
      state.reads += 1;
      if (state.away) throw new Error('away');
      return state.quotas;
    },
  };
  return { state, cache: new QuotaCache({ store, now: () => state.now }) };
}

test('quotas are read every few seconds, in the background while they are known', async () => {
  const { state, cache } = stage();
  expect(await cache.of('a')).toEqual({ jobs: 1 });
  state.quotas = { jobs: 2 };
  state.now = 4999;
  expect(await cache.of('a')).toEqual({ jobs: 1 });
  expect(state.reads).toBe(1);
  state.now = 5000;
  const stale = await Promise.all([cache.of('a'), cache.of('a')]);
  expect(stale).toEqual([{ jobs: 1 }, { jobs: 1 }]);
  expect(state.reads).toBe(2);
  expect(await cache.of('a')).toEqual({ jobs: 2 });
});

test('quotas that were not asked for in a long time are read first', async () => {
  const { state, cache } = stage();
  await cache.of('a');
  state.quotas = { jobs: 2 };
  state.now = 3_600_000;
  expect(await cache.of('a')).toEqual({ jobs: 2 });
  state.now = 0;
  state.quotas = { jobs: 3 };
  expect(await cache.of('a')).toEqual({ jobs: 3 });
});

test('while the database is away they stay as they were; of an unknown project there are none', async () => {
  const { state, cache } = stage();
  await cache.of('a');
  Object.assign(state, { away: true, now: 60_000 });
  expect(await cache.of('a')).toEqual({ jobs: 1 });
  expect(await cache.of('b')).toEqual({});
});
