import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { until } from '../embedded/until.js';
import { lateness, lateRetries } from './collector.js';
import { Site } from './site.js';

test('a light run that overruns and does not hear its signal goes on in the standard lane, and no clock waits', {
  retry: lateRetries,
}, async () => {
  const site = await Site.open();
  const { collector, project } = site;
  await Promise.all([site.startApi(), site.startWorker()]);
  const beats = await site.createBeats(6);
  // Its first attempt hangs to the end of the test.
  collector.hold('deaf', 1);
  await site.create('deaf', { task: 'probe.deaf', schedule: { every: '2s' }, overlap: 'allow' });

  const first = await collector.until('the first attempt', ({ jobId }) => jobId === 'deaf');
  const second = await collector.until('the second attempt', ({ runId, attempt }) => {
    return runId === first.runId && attempt === 2;
  });
  const row = await until('the run has ended', async () => {
    const found = await site.store.runs.get(project, first.runId);
    return found?.finishedAt ? found : undefined;
  });
  expect(row).toMatchObject({ state: 'succeeded', attempt: 2 });
  await collector.untilEachStarted([...beats, 'deaf'], second.at + 2000);

  const history = await site.history('deaf');
  const retried = history.flatMap(({ activityTaskScheduledEventAttributes }) =>
    activityTaskScheduledEventAttributes ? [activityTaskScheduledEventAttributes.activityId] : [],
  );
  expect(retried).toContain(first.runId);
  // The attempt's bound, and what it takes to give the task up; the job itself is as punctual as the others.
  const late = lateness(collector.reports, first.scheduledAt, second.at + 2000);
  expect(late[0]?.lateMs, JSON.stringify(late.slice(0, 5))).toBeLessThanOrEqual(2000);
  expect(late.filter(({ runId }) => runId.startsWith('deaf@')).length).toBeGreaterThanOrEqual(2);
});

test('a light task that states a longer bound is refused where it is registered: neither API nor worker starts', async () => {
  const site = await Site.open();
  const CARILLON_TASKS = fileURLToPath(new URL('overlong-tasks.ts', import.meta.url));
  const refused = /ended with code 1 .*LIGHT_BOUND_EXCEEDED/s;
  await expect(site.startWorker('scheduler', { CARILLON_TASKS })).rejects.toThrow(refused);
  await expect(site.startApi({ CARILLON_TASKS })).rejects.toThrow(refused);
});
