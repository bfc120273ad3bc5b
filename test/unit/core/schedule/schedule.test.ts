import { describe, expect, test } from 'vitest';
import { isoTime } from '../../../../src/core/ids.js';
import { describeSchedule, normaliseSchedule, plannedTimes } from '../../../../src/core/schedule/index.js';

const now = Date.parse('2026-11-21T09:00:00Z');

describe('bounds', () => {
  test('start and end are inclusive', () => {
    const schedule = { cron: '0 * * * *', start: '2026-11-21T12:00:00Z', end: '2026-11-21T14:00:00Z' };
    const normal = normaliseSchedule(schedule, now);
    const { times, exhausted } = plannedTimes(normal, now, 10);
    expect(times.map(isoTime)).toEqual(['2026-11-21T12:00:00Z', '2026-11-21T13:00:00Z', '2026-11-21T14:00:00Z']);
    expect(exhausted).toBe(true);
  });

  test('a plan that is full knows whether anything follows', () => {
    const normal = normaliseSchedule({ at: '2026-12-01T09:00:00+01:00' }, now);
    expect(plannedTimes(normal, now, 1)).toEqual({ times: [Date.parse('2026-12-01T08:00:00Z')], exhausted: true });
  });

  test.each([
    [{ at: 'tomorrow' }, 'TIME_INVALID'],
    [{ at: '2026-02-30T00:00:00Z' }, 'TIME_INVALID'],
    [{ cron: '* * * * *', timezone: 'Mars/Olympus' }, 'TIMEZONE_UNKNOWN'],
    [{ cron: '* * * * *', timezone: '+02:00' }, 'TIMEZONE_UNKNOWN'],
    [{ every: '100ms' }, 'SCHEDULE_INVALID'],
    [{ every: '1h', start: '2027-01-01T00:00:00Z', end: '2026-12-01T00:00:00Z' }, 'SCHEDULE_INVALID'],
  ])('refuses %j: %s', (schedule, code) => {
    expect(() => normaliseSchedule(schedule, now)).toThrow(expect.objectContaining({ code }));
  });

  test('a local time is read in the zone, or in the one in brackets', () => {
    expect(normaliseSchedule({ at: '2026-12-01T09:00', timezone: 'Asia/Tokyo' }, now).at).toBe('2026-12-01T00:00:00Z');
    expect(normaliseSchedule({ at: '2026-12-01T09:00[Europe/Berlin]' }, now).at).toBe('2026-12-01T08:00:00Z');
  });
});

test.each([
  [{ cron: '0 9 * * MON-FRI', timezone: 'Europe/Berlin' }, 'at 09:00, Monday through Friday, Europe/Berlin'],
  [{ every: '90s' }, 'every 1 minute 30 seconds'],
  [{ every: 'PT1H', maxRuns: 3 }, 'every hour, 3 runs at most'],
  [{ immediate: true as const }, 'once, at once'],
  [{ at: '2026-12-01T09:00:00Z' }, 'once, at 2026-12-01T09:00:00Z'],
])('%j in words', (schedule, words) => expect(describeSchedule(normaliseSchedule(schedule, now))).toBe(words));
