import { expect, test } from 'vitest';
import { createCarillonClient } from '../../src/api/client/client.js';
import { until } from '../embedded/until.js';
import { openLink } from './link.js';
import { startPart } from './part.js';
import { Site } from './site.js';

/** Every kill cuts off several creations. */
const kills = process.env.CARILLON_LONG_TESTS === '1' ? 20 : 5;
const creationsPerKill = 4;

test('the API is killed between creating jobs and answering: the retries find the jobs, each once', {
  timeout: 120_000,
}, async () => {
  const site = await Site.open();
  const { collector, project } = site;
  await site.startWorker();
  const keys = Array.from({ length: kills * creationsPerKill }, (_, count) => `key-${count}`);
  const creation = (idempotencyKey: string) => ({
    ...{ project, idempotencyKey, task: 'http' as const, input: { url: `${collector.url}${idempotencyKey}` } },
    schedule: { immediate: true as const },
  });

  for (let kill = 0; kill < kills; kill += 1) {
    const cutOff = keys.slice(kill * creationsPerKill, (kill + 1) * creationsPerKill);
    // What Temporal answers will not arrive; what it is asked will.
    const link = await openLink(site.temporalAddress);
    const api = await startPart('api/main', site.env({ TEMPORAL_ADDRESS: link.address, CARILLON_TASKS: '' }));
    const client = createCarillonClient({ url: api.ready.url as string });
    await client.system.health.query({});
    link.freezeAnswers();
    const answers = Promise.allSettled(cutOff.map((key) => client.jobs.create.mutate(creation(key))));
    for (const key of cutOff) await collector.until(`the job of ${key} runs`, ({ path }) => path === `/${key}`);
    await api.kill();
    expect((await answers).map(({ status }) => status)).toEqual(cutOff.map(() => 'rejected'));
  }

  await site.startApi();
  const retried = await Promise.all(keys.map((key) => site.client.jobs.create.mutate(creation(key))));
  const ids = retried.map(({ id }) => id).sort();
  expect(new Set(ids).size).toBe(keys.length);
  const { items } = await site.client.jobs.list.query({ project });
  expect(items.map(({ id }) => id).sort()).toEqual(ids);
  for (const id of ids) {
    await until(`${id} has ended`, async () => (await site.store.jobs.get(project, id))?.state === 'completed');
    expect(await site.ledger(id)).toMatchObject([{ state: 'succeeded', attempt: 1 }]);
  }
  expect(
    collector
      .starts()
      .map(({ path }) => path)
      .sort(),
  ).toEqual(keys.map((key) => `/${key}`).sort());
});
