import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { until } from '../embedded/until.js';
import { openLink } from './link.js';
import { Site } from './site.js';

test.each(['probe', 'probe.light'])(
  'a worker dies between writing the ledger and reporting to Temporal: %s is not executed again',
  async (task) => {
    const site = await Site.open();
    const { collector, project } = site;
    const link = await openLink(site.temporalAddress);
    const [, worker] = await Promise.all([
      site.startApi(),
      site.startWorker('scheduler', { TEMPORAL_ADDRESS: link.address }),
    ]);
    collector.hold('a');
    await site.create('a', {
      task,
      schedule: { every: '1h', anchor: new Date(Date.now() + 2000).toISOString() },
      timeouts: { heartbeat: 'PT4S' },
      // What the server sent into the frozen link counts as an attempt.
      retry: { maximumAttempts: 10 },
    });
    const { runId } = await collector.until('the run is under way', ({ jobId }) => jobId === 'a');
    link.freeze();
    collector.release('a');
    const row = await until('the ledger has the run', async () => {
      const found = await site.store.runs.get(project, runId);
      return found?.state === 'succeeded' ? found : undefined;
    });
    await worker.kill();
    link.cut();
    await site.startWorker();

    const status = await until('the job has the run behind it', async () => {
      const found = await site.client.jobs.status.query({ project, id: 'a' });
      return found.live && found.recent.length > 0 ? found : undefined;
    });
    expect(collector.starts().map((report) => report.runId)).toEqual([runId]);
    expect(status).toMatchObject({
      state: 'scheduled',
      counters: { succeeded: 1, started: 1 },
      recent: [{ runId, attempt: 1 }],
    });
    expect(await site.ledger('a')).toEqual([row]);
  },
);

test('Temporal is unreachable in mid-run of a light job for longer than a workflow task may take: the run is made again', async () => {
  const site = await Site.open();
  const { collector, project } = site;
  const link = await openLink(site.temporalAddress);
  await Promise.all([site.startApi(), site.startWorker('scheduler', { TEMPORAL_ADDRESS: link.address })]);
  collector.hold('a', 1);
  await site.create('a', { task: 'probe.light', schedule: { immediate: true }, timeouts: { attempt: 'PT2S' } });
  const { runId } = await collector.until('the run is under way', ({ jobId }) => jobId === 'a');
  link.freeze();
  await until('the workflow task has run out of time', async () => {
    const history = await site.history('a');
    return history.some(({ workflowTaskTimedOutEventAttributes }) => workflowTaskTimedOutEventAttributes);
  });
  link.thaw();

  const job = await until('the job has ended', async () => {
    const found = await site.store.jobs.get(project, 'a');
    return found?.closedAt ? found : undefined;
  });
  expect(job).toMatchObject({ state: 'completed', counters: { succeeded: 1, cancelled: 0, failed: 0 } });
  expect(await site.ledger('a')).toMatchObject([{ runId, state: 'succeeded' }]);
  expect(new Set(collector.starts().map((report) => report.runId))).toEqual(new Set([runId]));
});

test('a light run recorded before an outage is not counted as missed after it', async () => {
  const site = await Site.open();
  const { collector, project } = site;
  const link = await openLink(site.temporalAddress);
  const [, worker] = await Promise.all([
    site.startApi(),
    site.startWorker('scheduler', { TEMPORAL_ADDRESS: link.address }),
  ]);
  collector.hold('a');
  const schedule = { every: '1h', anchor: new Date(Date.now() + 2000).toISOString() };
  await site.create('a', { task: 'probe.light', schedule, catchUp: { policy: 'none' } });
  const { runId } = await collector.until('the run is under way', ({ jobId }) => jobId === 'a');
  link.freeze();
  collector.release('a');
  await until('the ledger has the run', async () => {
    const found = await site.store.runs.get(project, runId);
    return found?.state === 'succeeded' ? found : undefined;
  });
  await worker.kill();
  link.cut();
  // An occurrence is taken for missed when it is 10 s late.
  await delay(Date.parse(schedule.anchor) + 11_000 - Date.now());
  await site.startWorker();

  const status = await until('the job has the run behind it', async () => {
    const found = await site.client.jobs.status.query({ project, id: 'a' });
    return found.live && found.recent.length > 0 ? found : undefined;
  });
  expect(status).toMatchObject({
    counters: { succeeded: 1, missed: 0, started: 1 },
    recent: [{ runId, state: 'succeeded' }],
  });
  expect(collector.starts()).toHaveLength(1);
});
