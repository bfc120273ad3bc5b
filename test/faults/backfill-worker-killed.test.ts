import { expect, test } from 'vitest';
import { isoTime } from '../../src/core/ids.js';
import { until } from '../embedded/until.js';
import { Site } from './site.js';

test('the only worker is killed in the midst of a backfill: each occurrence is run to its end once, none twice at a time', async () => {
  const site = await Site.open();
  const { collector, project } = site;
  const [, worker] = await Promise.all([site.startApi(), site.startWorker()]);
  const timeouts = { heartbeat: 'PT4S' };
  await site.create('hourly', { schedule: { cron: '0 * * * *' }, timeouts, retry: { initialInterval: '1s' } });
  const range = { from: '2026-03-02T00:00:00Z', to: '2026-03-03T00:00:00Z' };
  const request = { project, jobId: 'hourly', id: 'killed', ...range, maxActiveRuns: 3 };
  await site.client.backfills.create.mutate(request);
  await collector.untilAll('four runs have begun', () => collector.starts().length >= 4);
  collector.hold('hourly');
  const seen = collector.starts().length;
  // A run begins when one before it is written: with three held, all others have ended for good.
  await collector.untilAll('three are held', () => collector.starts().length >= seen + 3);
  const killedAt = Date.now();
  await worker.kill();
  await site.startWorker();
  await collector.until('one of them is attempted again', ({ attempt, at }) => attempt === 2 && at > killedAt);
  collector.release('hourly');

  const last = await until('the backfill has ended', async () => {
    const row = await site.store.backfills.get(project, 'killed');
    return row?.closedAt ? row : undefined;
  });
  expect(last).toMatchObject({ state: 'completed', progress: { total: 24, succeeded: 24, running: 0 } });
  const rows = (await site.ledger('hourly')).filter(({ trigger }) => trigger === 'backfill');
  const hours = Array.from({ length: 24 }, (_, hour) => isoTime(Date.parse(range.from) + hour * 3_600_000));
  expect(rows.map(({ scheduledAt }) => scheduledAt)).toEqual(hours);
  expect(rows.every(({ state }) => state === 'succeeded')).toBe(true);
  // What had ended before the kill was not begun again.
  const ends = collector.reports.filter(({ kind, at }) => kind === 'end' && at < killedAt).map(({ runId }) => runId);
  expect(collector.starts().filter(({ runId, at }) => at > killedAt && ends.includes(runId))).toEqual([]);
  // An attempt after the first begins when its predecessor is dead, not before.
  const again = collector.starts().filter(({ attempt }) => attempt > 1);
  expect(again.length).toBeGreaterThan(0);
  expect(again.every(({ at }) => at > killedAt)).toBe(true);
});
