import { expect, test, vi } from 'vitest';
import { isOperationClosed } from '../../src/core/operations.js';
import { useRig } from '../rig/rig.js';

/** Enough for a dozen pages. */
const many = 100;
/** Jobs that are created at once. */
const width = 20;

test(`pauses ${many} jobs by a filter, each once`, async () => {
  const { client, project } = await useRig();
  const definition = { task: 'log', input: { message: 'hi' }, schedule: { every: '1h' }, project } as const;
  for (let from = 0; from < many; from += width) {
    const ids = Array.from({ length: width }, (_, index) => `j${from + index}`);
    await Promise.all(ids.map((id) => client.jobs.create.mutate({ ...definition, id })));
  }
  const all = async () => (await client.jobs.list.query({ project, limit: 500 })).items;
  const before = new Map((await all()).map(({ id, revision }) => [id, revision]));
  const { operation } = await client.operations.create.mutate({ project, action: 'pause', filter: {} });
  const ended = await vi.waitFor(
    async () => {
      const now = await client.operations.get.query({ project, id: operation?.id ?? '' });
      if (!isOperationClosed(now.state)) throw new Error(`Still ${now.state}.`);
      return now;
    },
    { timeout: 60_000, interval: 50 },
  );
  expect(ended).toMatchObject({ state: 'succeeded', counts: { total: many, done: many, failed: 0, skipped: 0 } });
  const after = await all();
  expect(after.filter(({ state }) => state === 'paused')).toHaveLength(many);
  expect(new Set(after.map(({ id, revision }) => revision - (before.get(id) ?? 0))).size).toBe(1);
}, 120_000);
