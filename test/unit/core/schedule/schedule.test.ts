import { describe, expect, test } from 'vitest';
import { isoTime } from '../../../../src/core/ids.js';
import { describeSchedule, normaliseSchedule, plannedTimes, zonedTime } from '../../../../src/core/schedule/index.js';
import type { Schedule } from '../../../../src/core/schedule/schema.js';

const now = Date.parse('2026-11-21T09:00:00Z');

/** The next local times of a schedule, with their offsets. */
function next(schedule: Schedule, after: string, count = 4): string[] {
  const normal = normaliseSchedule(schedule, Date.parse(after));
  return plannedTimes(normal, Date.parse(after), count).times.map((time) => zonedTime(time, normal.timezone as string));
}

describe('cron', () => {
  test.each([
    ['*/15 9-17 * * MON-FRI', '2026-11-20T17:45:00Z', '2026-11-23T09:00:00+00:00'],
    ['30 8 1,15 * *', '2026-11-21T00:00:00Z', '2026-12-01T08:30:00+00:00'],
    ['0 0 29 2 *', '2026-11-21T00:00:00Z', '2028-02-29T00:00:00+00:00'],
    ['*/20 * * * * *', '2026-11-21T09:00:00Z', '2026-11-21T09:00:20+00:00'],
    ['0 12 * JAN,jul 7', '2026-11-21T00:00:00Z', '2027-01-03T12:00:00+00:00'],
    ['0 12 * * 0,7', '2026-11-21T00:00:00Z', '2026-11-22T12:00:00+00:00'],
    ['59 23 31 12 *', '2026-12-31T23:59:00Z', '2027-12-31T23:59:00+00:00'],
    ['@daily', '2026-11-21T00:00:00Z', '2026-11-22T00:00:00+00:00'],
    ['5 4 ? * *', '2026-11-21T09:00:00Z', '2026-11-22T04:05:00+00:00'],
  ])('%s after %s is %s', (cron, after, expected) => expect(next({ cron }, after, 1)).toEqual([expected]));

  test('a day of month and a day of week: either matches', () => {
    expect(next({ cron: '0 0 13 * FRI' }, '2026-11-01T00:00:00Z', 3)).toEqual([
      '2026-11-06T00:00:00+00:00',
      '2026-11-13T00:00:00+00:00',
      '2026-11-20T00:00:00+00:00',
    ]);
  });

  test.each([
    ['', 'position 1'],
    ['* * * *', 'got 4'],
    ['* * * * * * *', 'got 7'],
    ['60 * * * *', 'minute'],
    ['0 24 * * *', 'position 3'],
    ['0 0 0 * *', 'day of month'],
    ['0 0 * 13 *', 'month'],
    ['0 0 * * 8', 'day of week'],
    ['*/0 * * * *', 'minute'],
    ['a * * * *', 'minute'],
    ['1,,2 * * * *', 'minute'],
    ['1.5 * * * *', 'minute'],
    ['-1 * * * *', 'minute'],
    ['@reboot', 'got 1'],
  ])('refuses %j and says where', (cron, said) => {
    const refusal = expect(() => normaliseSchedule({ cron }, now));
    refusal.toThrow(expect.objectContaining({ code: 'CRON_INVALID' }));
    refusal.toThrow(said);
  });

  test('one that never matches has no occurrence', () => {
    expect(plannedTimes(normaliseSchedule({ cron: '0 0 31 2 *' }, now), now, 1)).toEqual({
      times: [],
      exhausted: true,
    });
  });
});

describe('daylight saving', () => {
  const berlin = 'Europe/Berlin';

  test('a daily time inside a gap is moved forward by its length, and runs once', () => {
    expect(next({ cron: '30 2 * * *', timezone: berlin }, '2026-03-28T00:00:00Z', 3)).toEqual([
      '2026-03-28T02:30:00+01:00',
      '2026-03-29T03:30:00+02:00',
      '2026-03-30T02:30:00+02:00',
    ]);
  });

  test('a daily time inside an overlap runs once, in the first pass', () => {
    expect(next({ cron: '30 2 * * *', timezone: berlin }, '2026-10-24T12:00:00Z', 2)).toEqual([
      '2026-10-25T02:30:00+02:00',
      '2026-10-26T02:30:00+01:00',
    ]);
  });

  test('a fixed rate runs through both passes, without a doubled or lost instant', () => {
    const normal = normaliseSchedule({ cron: '*/30 * * * *', timezone: berlin }, now);
    const after = Date.parse('2026-10-24T23:00:00Z');
    const { times } = plannedTimes(normal, after, 8);
    expect(times).toEqual(Array.from({ length: 8 }, (_, index) => after + (index + 1) * 1_800_000));
  });

  test.each([
    ['*/15 * * * *', 'Pacific/Chatham', '2026-04-04T12:00:00Z'],
    ['0 * * * *', 'Australia/Lord_Howe', '2026-04-04T12:00:00Z'],
    ['*/10 * * * *', 'Asia/Kathmandu', '2026-04-04T12:00:00Z'],
  ])('%s in %s always moves forward', (cron, timezone, from) => {
    const { times } = plannedTimes(normaliseSchedule({ cron, timezone }, now), Date.parse(from), 300);
    expect(times.every((time, index) => index === 0 || time > (times[index - 1] as number))).toBe(true);
  });

  test('a day that the date line swallowed', () => {
    expect(next({ cron: '0 12 * * *', timezone: 'Pacific/Apia' }, '2011-12-29T00:00:00Z', 3)).toEqual(
      ['2011-12-29T12:00:00-10:00', '2011-12-31T12:00:00+14:00', '2011-12-31T12:00:00+14:00']
        .filter((time, index, all) => all.indexOf(time) === index)
        .concat('2012-01-01T12:00:00+14:00'),
    );
  });
});

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
