import { expect, test } from 'vitest';
import { until } from '../embedded/until.js';
import { Site } from './site.js';

test('SIGTERM in mid-run: a short run ends where it is, a long one goes on elsewhere', async () => {
  const site = await Site.open();
  const { collector } = site;
  const [, leaving] = await Promise.all([site.startApi(), site.startWorker()]);
  const beats = await site.createBeats(4);
  for (const id of ['short', 'long']) {
    collector.hold(id);
    await site.create(id, { schedule: { immediate: true } });
    await collector.until(`${id} is under way`, ({ jobId }) => jobId === id);
  }
  const staying = await site.startWorker();

  const exitCode = leaving.terminate();
  const asked = Date.now();
  await collector.until('the other worker has taken over', ({ pid, at }) => pid === staying.pid && at > asked);
  collector.release('short');
  const second = await collector.until('the long run goes on', ({ jobId, attempt }) => {
    return jobId === 'long' && attempt === 2;
  });
  expect(second.pid).toBe(staying.pid);
  collector.release('long');
  expect(await exitCode).toBe(0);

  for (const [id, attempt] of [
    ['short', 1],
    ['long', 2],
  ] as const) {
    await until(`${id} has ended`, async () => (await site.store.jobs.get(site.project, id))?.state === 'completed');
    expect(await site.ledger(id)).toMatchObject([{ state: 'succeeded', attempt }]);
  }
  await collector.untilEachStarted(beats, Date.now());
  for (const id of beats) {
    const again = (await site.ledger(id)).filter(({ state, attempt }) => attempt > 1 || state === 'failed');
    expect(again).toEqual([]);
  }
});
