import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { isoTime } from '../../src/core/ids.js';
import { isTerminal } from '../../src/core/states.js';
import type { JobRow } from '../../src/store/store.js';
import { until } from '../embedded/until.js';
import { completeLedger, expectAgreement } from './ledger-check.js';
import { ownDatabase, ownTemporal } from './own-servers.js';
import { Site } from './site.js';

const policies = ['last', 'none', 'all'] as const;
/** Occurrences of the jobs whose whole life falls into the outage. */
const gapRuns = 3;

test('everything is killed under load and started again: nothing is lost, nothing done twice, the gap is accounted for', {
  timeout: 150_000,
}, async () => {
  const [temporal, database] = await Promise.all([ownTemporal(), ownDatabase()]);
  const site = await Site.open({ temporalAddress: temporal.address, databaseUrl: database.address });
  const { collector, project } = site;
  const parts = await Promise.all([site.startApi(), site.startWorker()]);

  const beats = await site.createBeats(20);
  collector.hold('held');
  await site.create('held', { schedule: { immediate: true }, timeouts: { heartbeat: 'PT4S' } });
  const held = await collector.until('the held run is under way', ({ jobId }) => jobId === 'held');
  await collector.untilEachStarted(beats, held.at + 1000);
  // These come due in the outage.
  const gapStart = Math.ceil(Date.now() / 1000) * 1000 + 8000;
  const gapEnd = gapStart + (gapRuns - 1) * 1000;
  const schedule = { every: '1s', anchor: isoTime(gapStart), start: isoTime(gapStart), end: isoTime(gapEnd) };
  await Promise.all(policies.map((policy) => site.create(`gap-${policy}`, { schedule, catchUp: { policy } })));
  const load = createUntilRefused(site);
  await collector.until('one-off jobs run', ({ jobId }) => jobId === 'once-2-3');

  const killedAt = Date.now();
  await Promise.all([...parts, temporal, database].map((part) => part.kill()));
  const answered = await load;
  expect(killedAt, 'the kill came before what is due in the outage').toBeLessThan(gapStart);
  expect(answered.length).toBeGreaterThan(5);
  // An occurrence is taken for missed when it is 10 s late.
  await delay(gapEnd + 10_500 - Date.now());

  await Promise.all([temporal.start(), database.start()]);
  await Promise.all([site.startApi(), site.startWorker()]);
  const backAt = Date.now();
  await collector.until('the held run is attempted again', ({ runId, attempt }) => runId === held.runId && attempt > 1);
  collector.release('held');
  await collector.untilEachStarted(beats, backAt);

  for (const id of ['held', ...answered]) {
    let found: JobRow | undefined;
    const row = await until(
      `${id} has ended`,
      async () => {
        found = await site.store.jobs.get(project, id);
        return found?.state === 'completed' ? found : undefined;
      },
      60_000,
    ).catch(async (error: Error) => {
      throw new Error(`${error.message} ${JSON.stringify([found, await site.ledger(id)])}`);
    });
    expect(row.counters).toMatchObject({ succeeded: 1, started: 1 });
    expect(await site.ledger(id)).toHaveLength(1);
  }
  const [entry] = await site.ledger('held');
  expect(entry).toMatchObject({ runId: held.runId, state: 'succeeded' });
  expect(entry?.attempt).toBeGreaterThan(1);
  for (const policy of policies) await expectGap(site, policy);
  for (const id of beats) {
    const rows = await completeLedger(site, id, 2000, backAt);
    const missed = rows.filter(({ state }) => state === 'missed');
    expect(missed.length, `missed runs of ${id}`).toBeGreaterThan(0);
    expect(new Set(missed.map(({ reason }) => reason))).toEqual(new Set(['catch_up_last']));
    expect(rows.filter(({ state }) => state === 'failed')).toEqual([]);
  }
  await expectNothingTwice(site);
  await Promise.all(beats.map((id) => expectAgreement(site, id)));
});

/** Creates jobs of one run one after another, several at a time, until the API is gone. @returns the ids that were answered */
async function createUntilRefused(site: Site): Promise<string[]> {
  const answered: string[] = [];
  await Promise.all(
    [0, 1, 2].map(async (lane) => {
      for (let count = 0; ; count += 1) {
        const id = `once-${lane}-${count}`;
        const task = count % 2 ? 'probe' : 'probe.light';
        const job = await site.create(id, { task, schedule: { immediate: true } }).catch(() => undefined);
        if (!job) return;
        answered.push(job.id);
        // A person's pace: the jobs are the load, not their creation.
        await delay(50);
      }
    }),
  );
  return answered;
}

/** The entries of a job whose occurrences all fell into the outage, by its policy. */
async function expectGap(site: Site, policy: (typeof policies)[number]): Promise<void> {
  const rows = await until(`the gap of ${policy} is accounted for`, async () => {
    const entries = await site.ledger(`gap-${policy}`);
    return entries.length === gapRuns && entries.every(({ finishedAt }) => finishedAt) ? entries : undefined;
  });
  const told = rows.map(({ trigger, state, reason }) => [trigger, state, reason]);
  const ran = ['catch_up', 'succeeded', undefined];
  const missed = (reason: string) => ['schedule', 'missed', reason];
  expect(told).toEqual(
    {
      last: [missed('catch_up_last'), missed('catch_up_last'), ran],
      none: Array(gapRuns).fill(missed('catch_up_none')),
      all: Array(gapRuns).fill(ran),
    }[policy],
  );
  const starts = site.collector.starts().filter(({ jobId }) => jobId === `gap-${policy}`);
  const times = starts.map(({ scheduledAt }) => scheduledAt);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(times).toHaveLength(policy === 'all' ? gapRuns : policy === 'last' ? 1 : 0);
}

/** No attempt began when the ledger had the run's end already: whatever was made again had been cut off. */
async function expectNothingTwice(site: Site): Promise<void> {
  const starts = site.collector.starts();
  for (const { runId, at } of starts) {
    const row = await site.store.runs.get(site.project, runId);
    if (row && isTerminal(row.state)) expect(Date.parse(row.recordedAt), `end of ${runId}`).toBeGreaterThanOrEqual(at);
  }
  const attempts = starts.filter(({ attempt }) => attempt > 1);
  expect(attempts.length).toBeGreaterThan(0);
}
