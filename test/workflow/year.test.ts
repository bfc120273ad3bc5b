import { expect, test } from 'vitest';
import { z } from 'zod';
import { isoTime } from '../../src/core/ids.js';
import { defineTask } from '../../src/core/task/task.js';
import { chainLength, day, every, hour, timesOf } from './nominal-times.js';
import { useVirtualRig } from './virtual-rig.js';

const steady = defineTask({ name: 'steady', lane: 'standard', input: z.strictObject({}), run: () => 'done' });

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
