import { expect, test } from 'vitest';
import { until } from '../embedded/until.js';
import { lateness, lateRetries } from './collector.js';
import { Site } from './site.js';

/** How late another job may be because a worker died, beyond the time in which there was none. */
const toleratedMs = 2000;
const heartbeat = 'PT4S';

async function expectSecondAttempt(site: Site, jobId: string): Promise<void> {
  const row = await until(`${jobId} is in the ledger`, async () => {
    const [entry] = await site.ledger(jobId);
    return entry?.finishedAt ? entry : undefined;
  });
  expect(row).toMatchObject({ state: 'succeeded', attempt: 2 });
  expect(await site.ledger(jobId)).toHaveLength(1);
  const job = await until(`${jobId} is closed`, async () => {
    const found = await site.store.jobs.get(site.project, jobId);
    return found?.closedAt ? found : undefined;
  });
  expect(job).toMatchObject({ state: 'completed', counters: { succeeded: 1, failed: 0, started: 1 } });
}

test('one of two workers is killed in mid-run: the run is attempted again, and nobody else waits', {
  retry: lateRetries,
}, async () => {
  const site = await Site.open();
  const { collector } = site;
  const [, ...workers] = await Promise.all([site.startApi(), site.startWorker(), site.startWorker()]);
  const beats = await site.createBeats(10, 'beat', { timeouts: { heartbeat } });
  collector.hold('victim');
  await site.create('victim', { schedule: { immediate: true }, timeouts: { heartbeat } });
  const first = await collector.until('the victim runs', ({ jobId }) => jobId === 'victim');
  await collector.untilEachStarted(beats, first.at + 1000);

  const killedAt = Date.now();
  await workers.find(({ pid }) => pid === first.pid)?.kill();
  const second = await collector.until('the victim runs again', ({ runId, attempt }) => {
    return runId === first.runId && attempt === 2;
  });
  expect(second.pid).not.toBe(first.pid);
  collector.release('victim');
  await expectSecondAttempt(site, 'victim');
  await collector.untilEachStarted(beats, killedAt + 4000);

  const late = lateness(collector.reports, killedAt - 3000, killedAt + 4000).filter(
    ({ runId }) => runId !== first.runId,
  );
  expect(late.length).toBeGreaterThan(beats.length);
  expect(late[0]?.lateMs, JSON.stringify(late.slice(0, 5))).toBeLessThanOrEqual(toleratedMs);
});

test('the only worker of each lane is killed and started again: runs go on as their second attempt', {
  retry: lateRetries,
}, async () => {
  const site = await Site.open();
  const { collector } = site;
  const [, scheduler, heavy] = await Promise.all([site.startApi(), site.startWorker(), site.startWorker('heavy')]);
  const beats = await site.createBeats(10, 'beat', { timeouts: { heartbeat } });
  const once = { schedule: { immediate: true }, timeouts: { heartbeat } } as const;
  collector.hold('called');
  collector.hold('heavy');
  await site.create('called', { ...once, task: 'http', input: { url: collector.url } });
  await site.create('heavy', { ...once, task: 'probe.heavy' });
  const called = await collector.until('the call is made', ({ jobId }) => jobId === 'called');
  const ground = await collector.until('the heavy run is under way', ({ jobId }) => jobId === 'heavy');
  await collector.untilEachStarted(beats, Math.max(called.at, ground.at) + 1000);

  const killedAt = Date.now();
  await Promise.all([scheduler.kill(), heavy.kill()]);
  await site.startWorker();
  const absentMs = Date.now() - killedAt;
  await site.startWorker('heavy');
  // The same run id: what the called address gets as Idempotency-Key.
  await collector.untilAll('the call is made again', (reports) => {
    return reports.filter(({ runId }) => runId === called.runId).length === 2;
  });
  await collector.until('the heavy run is attempted again', ({ runId, attempt }) => {
    return runId === ground.runId && attempt === 2;
  });
  collector.release('called');
  collector.release('heavy');
  await expectSecondAttempt(site, 'called');
  await expectSecondAttempt(site, 'heavy');
  await collector.untilEachStarted(beats, killedAt + absentMs + 4000);

  const late = lateness(collector.reports, killedAt - 3000, killedAt + absentMs + 4000).filter(({ runId }) =>
    beats.some((id) => runId.startsWith(`${id}@`)),
  );
  expect(late.length).toBeGreaterThan(beats.length);
  expect(late[0]?.lateMs, JSON.stringify(late.slice(0, 5))).toBeLessThanOrEqual(toleratedMs + absentMs);
});
