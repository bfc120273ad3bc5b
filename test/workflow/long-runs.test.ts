import { expect, test } from 'vitest';
import { z } from 'zod';
import { isoTime } from '../../src/core/ids.js';
import { defineTask } from '../../src/core/task/task.js';
import { chainLength, day, every, hour, minute, timesOf } from './nominal-times.js';
import { useVirtualRig } from './virtual-rig.js';

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

/** A soak is three times as long: `CARILLON_SOAK=3`. */
const length = Number(process.env.CARILLON_SOAK ?? 1);

test(
  'days of a five-minute job, light',
  async () => {
    const rig = await useVirtualRig({ tasks: [quick] });
    const now = await rig.now();
    const end = now + length * day;
    const schedule = { cron: '*/5 * * * *', end: isoTime(end) };
    await rig.client.jobs.create.mutate({ project: rig.project, id: 'five', task: 'quick', input: {}, schedule });
    const expected = every(5 * minute, now, end);
    expect(await rig.finished('five')).toMatchObject({
      counters: { succeeded: expected.length, skipped: 0, missed: 0 },
    });
    expect(timesOf(await rig.ended('five', expected.length))).toEqual(expected);
    expect(expected.length / (await chainLength(rig, 'five'))).toBeGreaterThanOrEqual(20);
  },
  length * 60_000,
);

test(
  'weeks of an hourly job, with a pause, a new schedule and failures in between',
  async () => {
    const rig = await useVirtualRig({ tasks: [shaky] });
    const { project } = rig;
    const start = await rig.now();
    const end = start + length * 21 * day;
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
    await rig.pass(6 * day);
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
  },
  length * 90_000,
);
