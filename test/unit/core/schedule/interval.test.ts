import { describe, expect, test } from 'vitest';
import { normaliseSchedule, plannedTimes, zonedTime } from '../../../../src/core/schedule/index.js';
import type { Schedule } from '../../../../src/core/schedule/schema.js';

const now = Date.parse('2026-11-21T09:00:00Z');

/** The next local times of a schedule, with their offsets. */
function next(schedule: Schedule, after: string, count = 4): string[] {
  const normal = normaliseSchedule(schedule, Date.parse(after));
  return plannedTimes(normal, Date.parse(after), count).times.map((time) => zonedTime(time, normal.timezone as string));
}

describe('interval', () => {
  test('is anchored to the moment of creation and does not drift', () => {
    const normal = normaliseSchedule({ every: '1h30m' }, now + 321);
    expect(normal).toMatchObject({ every: 'PT1H30M', anchor: '2026-11-21T09:00:00Z' });
    const { times } = plannedTimes(normal, now + 1000 * 5_400_000 + 17, 1);
    expect(times).toEqual([now + 1001 * 5_400_000]);
  });

  test('begins with an anchor in the future', () => {
    expect(next({ every: 'PT6H', anchor: '2026-12-01T06:00:00Z' }, '2026-11-21T09:00:00Z', 2)).toEqual([
      '2026-12-01T06:00:00+00:00',
      '2026-12-01T12:00:00+00:00',
    ]);
  });

  test('days keep the local time across a change of offset', () => {
    const schedule = { every: 'P1D', anchor: '2026-10-23T08:00:00', timezone: 'Europe/Berlin' };
    expect(next(schedule, '2026-10-24T00:00:00Z', 3)).toEqual([
      '2026-10-24T08:00:00+02:00',
      '2026-10-25T08:00:00+01:00',
      '2026-10-26T08:00:00+01:00',
    ]);
  });

  test('months end where the month ends, and come back', () => {
    const schedule = { every: 'P1M', anchor: '2027-01-31T00:00:00Z' };
    expect(next(schedule, '2027-01-31T00:00:00Z', 3)).toEqual([
      '2027-02-28T00:00:00+00:00',
      '2027-03-31T00:00:00+00:00',
      '2027-04-30T00:00:00+00:00',
    ]);
  });
});
