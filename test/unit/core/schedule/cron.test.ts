import { describe, expect, test } from 'vitest';
import { normaliseSchedule, plannedTimes, zonedTime } from '../../../../src/core/schedule/index.js';
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
    ['* * * * * * * *', 'position 15: Expected 5 fields, 6 with seconds first, or 7 with the year last, got 8'],
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
    ['@reboot', 'no machine that boots'],
  ])('refuses %j and says where', (cron, said) => {
    const refusal = expect(() => normaliseSchedule({ cron }, now));
    refusal.toThrow(expect.objectContaining({ code: 'CRON_INVALID' }));
    refusal.toThrow(said);
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
