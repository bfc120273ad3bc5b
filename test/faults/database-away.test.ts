import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { until } from '../embedded/until.js';
import { lateness } from './collector.js';
import { completeLedger, expectAgreement } from './ledger-check.js';
import { ownDatabase } from './own-servers.js';
import { Site } from './site.js';

const awayMs = process.env.CARILLON_LONG_TESTS === '1' ? 60_000 : 20_000;

test('the database is away: jobs keep running on time, and the ledger gets every entry once', {
  timeout: awayMs + 100_000,
}, async () => {
  const database = await ownDatabase();
  const site = await Site.open({ databaseUrl: database.address });
  const { collector } = site;
  await Promise.all([site.startApi(), site.startWorker()]);
  const beats = await site.createBeats(8);
  await collector.untilEachStarted(beats, Date.now());

  const awaySince = Date.now();
  await database.kill();
  const once = await Promise.all(
    ['probe', 'probe.light'].map((task, index) =>
      site.create(`once-${index}`, { task, schedule: { immediate: true } }),
    ),
  );
  await Promise.all(
    once.map(({ id }) => collector.until(`${id} ran`, ({ jobId, kind }) => jobId === id && kind === 'end')),
  );
  // The outage itself is what is tested; it has to last.
  await delay(awaySince + awayMs - Date.now());
  const late = lateness(collector.reports, awaySince, Date.now() - 2000);
  for (const id of beats) {
    const runs = late.filter(({ runId }) => runId.startsWith(`${id}@`));
    expect(runs.length, `runs of ${id} in the outage`).toBeGreaterThan(awayMs / 4000);
  }
  expect(late[0]?.lateMs, JSON.stringify(late.slice(0, 5))).toBeLessThanOrEqual(5000);

  await database.start();
  const backAt = Date.now();
  for (const id of beats) {
    const rows = await completeLedger(site, id, 2000, backAt, 60_000);
    const ran = new Set(collector.starts().flatMap(({ jobId, runId }) => (jobId === id ? [runId] : [])));
    for (const { runId, state, reason } of rows) {
      // A busy machine may take longer than the 2 s between two runs.
      const expected = ran.has(runId) ? ['succeeded', undefined] : ['skipped', 'overlap'];
      expect([runId, state, reason]).toEqual([runId, ...expected]);
    }
    expect(rows.length).toBeGreaterThanOrEqual(awayMs / 2000);
  }
  for (const { id } of once) {
    const row = await until(
      `${id} is in the database`,
      async () => {
        const found = await site.store.jobs.get(site.project, id);
        return found?.state === 'completed' ? found : undefined;
      },
      60_000,
    );
    expect(row.counters).toMatchObject({ succeeded: 1, started: 1 });
    expect(await site.ledger(id)).toMatchObject([{ state: 'succeeded', attempt: 1 }]);
  }
  const starts = collector.starts().map(({ runId }) => runId);
  expect(new Set(starts).size).toBe(starts.length);
  await Promise.all(beats.map((id) => expectAgreement(site, id)));
});
