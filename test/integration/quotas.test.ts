import { expect, inject, test } from 'vitest';
import { setQuotas } from '../rig/quotas.js';
import { useRig } from '../rig/rig.js';

test('a run beyond the quota of the day is skipped in either lane, and no attempt is made', async () => {
  const { client, project, ended, store } = await useRig();
  await setQuotas(inject('databaseUrl'), project, { runsPerDay: 1 });
  const run = async (id: string, lane: 'light' | 'standard') => {
    const [task, schedule] = ['log', { immediate: true }] as const;
    await client.jobs.create.mutate({ project, id, task, input: { message: 'hello' }, schedule, lane });
    const [entry] = await ended(id, 1);
    return entry;
  };
  expect(await run('first', 'standard')).toMatchObject({ state: 'succeeded', attempt: 1 });
  for (const lane of ['light', 'standard'] as const) {
    const skipped = await run(lane, lane);
    expect(skipped).toMatchObject({ state: 'skipped', reason: 'quota', detail: '1 runs per day', attempt: 0 });
    expect(skipped?.startedAt).toBeUndefined();
  }
  expect(await store.quotas.runs(project, new Date().toISOString().slice(0, 10))).toBe(1);
});
