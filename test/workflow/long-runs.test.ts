import { expect, test } from 'vitest';
import { z } from 'zod';
import { isoTime, workflowId } from '../../src/core/ids.js';
import { defineTask } from '../../src/core/task/task.js';
import { executionsOf, type Recorded } from '../rig/rig.js';
import { useVirtualRig, type VirtualRig } from './virtual-rig.js';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const steady = defineTask({ name: 'steady', lane: 'standard', input: z.strictObject({}), run: () => 'done' });
const quick = defineTask({ name: 'quick', lane: 'light', input: z.strictObject({}), run: () => 'done' });
/** Every sixth hour fails at first and then succeeds; noon fails for good. */
const shaky = defineTask({
  name: 'shaky',
  lane: 'standard',
  input: z.strictObject({}),
  run({ scheduledAt, attempt }) {
    const at = scheduledAt.getUTCHours();
    if (at === 12) throw new Error('noon never works');
    if (at % 6 === 0 && attempt === 1) throw new Error('the first attempt never works');
  },
});

/** Nominal times from `from` (exclusive) to `to` (inclusive), on multiples of the step. */
function every(stepMs: number, from: number, to: number): string[] {
  const times = [];
  for (let time = (Math.floor(from / stepMs) + 1) * stepMs; time <= to; time += stepMs) times.push(isoTime(time));
  return times;
}

function timesOf(entries: Recorded[], fits: (entry: Recorded) => boolean = () => true): string[] {
  return entries
    .filter(fits)
    .map(({ scheduledAt }) => scheduledAt)
    .sort();
}

/** The executions of a job: how often it continued as new. */
async function chainLength(rig: VirtualRig, jobId: string): Promise<number> {
  return (await executionsOf(rig.temporal, workflowId(rig.project, jobId))).length;
}

test('a year of a daily job: each day once, continuing as new on the way', async () => {
  const rig = await useVirtualRig({ tasks: [steady] });
  const now = await rig.now();
  const end = now + 365 * day;
  const schedule = { cron: '0 9 * * *', end: isoTime(end) };
  await rig.client.jobs.create.mutate({ project: rig.project, id: 'daily', task: 'steady', input: {}, schedule });
  const expected = every(day, now - 9 * hour, end - 9 * hour).map((midnight) =>
    isoTime(Date.parse(midnight) + 9 * hour),
  );
  expect(await rig.finished('daily')).toMatchObject({
    state: 'completed',
    counters: { succeeded: expected.length, failed: 0, skipped: 0, missed: 0 },
  });
  expect(timesOf(await rig.ended('daily', expected.length))).toEqual(expected);
  // A run without disturbance is written by its activity alone: nothing came twice.
  expect(rig.ledger.filter(({ jobId }) => jobId === 'daily')).toHaveLength(expected.length);
  const executions = await chainLength(rig, 'daily');
  expect(executions).toBeGreaterThan(5);
  expect(expected.length / executions).toBeGreaterThanOrEqual(20);
}, 120_000);

test('three days of a five-minute job, light', async () => {
  const rig = await useVirtualRig({ tasks: [quick] });
  const now = await rig.now();
  const end = now + 3 * day;
  const schedule = { cron: '*/5 * * * *', end: isoTime(end) };
  await rig.client.jobs.create.mutate({ project: rig.project, id: 'five', task: 'quick', input: {}, schedule });
  const expected = every(5 * minute, now, end);
  expect(await rig.finished('five')).toMatchObject({ counters: { succeeded: expected.length, skipped: 0, missed: 0 } });
  expect(timesOf(await rig.ended('five', expected.length))).toEqual(expected);
  expect(expected.length / (await chainLength(rig, 'five'))).toBeGreaterThanOrEqual(20);
}, 120_000);

test('two months of an hourly job, with a pause, a new schedule and failures in between', async () => {
  const rig = await useVirtualRig({ tasks: [shaky] });
  const { project } = rig;
  const start = await rig.now();
  const end = start + 60 * day;
  await rig.client.jobs.create.mutate({
    project,
    id: 'hourly',
    task: 'shaky',
    input: {},
    schedule: { cron: '0 * * * *', end: isoTime(end) },
    retry: { maximumAttempts: 3, initialInterval: '10s' },
  });

  await rig.pass(10 * day);
  const paused = await rig.now();
  await rig.client.jobs.pause.mutate({ project, id: 'hourly', note: 'moving house' });
  await rig.pass(2 * day);
  const resumed = await rig.now();
  await rig.client.jobs.resume.mutate({ project, id: 'hourly' });
  await rig.pass(18 * day);
  const rescheduled = await rig.now();
  const schedule = { cron: '0 */2 * * *', end: isoTime(end) };
  await rig.client.jobs.reschedule.mutate({ project, id: 'hourly', schedule });
  const last = await rig.finished('hourly');

  const ran = [
    ...every(hour, start, paused),
    ...every(hour, resumed, rescheduled),
    ...every(2 * hour, rescheduled, end),
  ];
  const skipped = every(hour, paused, resumed);
  const entries = await rig.ended('hourly', ran.length + skipped.length);
  const once = [...new Map(entries.map((entry) => [entry.runId, entry])).values()];
  expect(timesOf(once, ({ state }) => state === 'skipped')).toEqual(skipped);
  expect(timesOf(once, ({ state }) => state !== 'skipped')).toEqual(ran);
  expect(once.filter(({ state }) => state === 'skipped').every(({ reason }) => reason === 'paused')).toBe(true);
  const noon = (time: string) => new Date(time).getUTCHours() === 12;
  const sixth = (time: string) => new Date(time).getUTCHours() % 6 === 0 && !noon(time);
  expect(timesOf(once, ({ state }) => state === 'failed')).toEqual(ran.filter(noon));
  expect(timesOf(once, ({ attempt, state }) => state === 'succeeded' && attempt === 2)).toEqual(ran.filter(sixth));
  expect(timesOf(once, ({ attempt }) => attempt === 3)).toEqual(ran.filter(noon));
  expect(last).toMatchObject({
    state: 'completed',
    counters: { skipped: skipped.length, failed: ran.filter(noon).length },
  });
}, 180_000);
