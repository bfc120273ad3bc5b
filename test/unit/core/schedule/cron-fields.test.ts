import { CronExpressionParser } from 'cron-parser';
import { describe, expect, test } from 'vitest';
import { nextCron } from '../../../../src/core/schedule/cron/cron.js';
import { type CronOptions, parseCron } from '../../../../src/core/schedule/cron/fields.js';
import { hashOf } from '../../../../src/core/schedule/hash.js';
import { Zone } from '../../../../src/core/schedule/zone.js';

const dst = { gap: 'shift', overlap: 'first' } as const;

function next(expression: string, after: string, count: number, options?: CronOptions): string[] {
  const cron = parseCron(expression, options);
  const found: string[] = [];
  let time: number | undefined = Date.parse(after) - 1;
  for (; found.length < count; ) {
    time = nextCron(cron, Zone.of(cron.timezone ?? 'UTC'), dst, time);
    if (time === undefined) break;
    found.push(new Date(time).toISOString().slice(0, 16));
  }
  return found;
}
const days = (...given: Parameters<typeof next>) => next(...given).map((time) => time.slice(2, 10));

describe('days', () => {
  test.each([
    ['0 0 L * *', ['26-11-30', '26-12-31', '27-01-31', '27-02-28']],
    ['0 0 L-3 * *', ['26-11-27', '26-12-28', '27-01-28', '27-02-25']],
    ['0 0 L-30 * *', ['26-12-01', '27-01-01', '27-03-01', '27-05-01']],
    ['0 0 LW * *', ['26-11-30', '26-12-31', '27-01-29', '27-02-26']],
    ['0 0 15W 8-11 *', ['27-08-16', '27-09-15', '27-10-15', '27-11-15']],
    // 1 May 2027 is a Saturday, 1 August a Sunday.
    ['0 0 1W 5-8 *', ['27-05-03', '27-06-01', '27-07-01', '27-08-02']],
    // 31 January and 31 October 2027 are Sundays, 31 July is a Saturday.
    ['0 0 31W 1,7,10 *', ['27-01-29', '27-07-30', '27-10-29', '28-01-31']],
    ['0 0 30W 2,11 *', ['26-11-30', '27-11-30', '28-11-30', '29-11-30']],
    ['0 0 * * 5L', ['26-11-27', '26-12-25', '27-01-29', '27-02-26']],
    ['0 0 * * FRIL,7L', ['26-11-27', '26-11-29', '26-12-25', '26-12-27']],
    ['0 0 * * MON#2', ['26-12-14', '27-01-11', '27-02-08', '27-03-08']],
    ['0 0 * * MON#1,MON#3', ['26-12-07', '26-12-21', '27-01-04', '27-01-18']],
    ['0 0 * * 0#5,7#5', ['26-11-29', '27-01-31', '27-05-30', '27-08-29']],
    ['0 0 1,15,L * *', ['26-11-30', '26-12-01', '26-12-15', '26-12-31']],
    ['0 0 * * FRI-MON', ['26-11-21', '26-11-22', '26-11-23', '26-11-27']],
    ['0 0 * * SAT-SUN', ['26-11-21', '26-11-22', '26-11-28', '26-11-29']],
    ['0 0 * * 5-7', ['26-11-21', '26-11-22', '26-11-27', '26-11-28']],
    ['0 0 28-3/2 * *', ['26-11-28', '26-11-30', '26-12-01', '26-12-03']],
    ['0 0 1 NOV-FEB *', ['26-12-01', '27-01-01', '27-02-01', '27-11-01']],
    ['0 0 * * TUE/2', ['26-11-21', '26-11-24', '26-11-26', '26-11-28']],
    ['0 0 ? * MON', ['26-11-23', '26-11-30', '26-12-07', '26-12-14']],
    ['0 0 13 * FRI', ['26-11-27', '26-12-04', '26-12-11', '26-12-13']],
    ['0 0 13 * l', []],
    ['0 0 29 2 *', ['28-02-29', '32-02-29', '36-02-29', '40-02-29']],
    ['0 0 0 29 2 * 2096-2108', ['96-02-29', '04-02-29', '08-02-29']],
    ['0 0 0 1 1 * 2030/50', ['30-01-01', '80-01-01', '30-01-01', '80-01-01']],
    ['0 0 0 1 1 * 2031,2028-2029', ['28-01-01', '29-01-01', '31-01-01']],
    ['0 0 0 1 1 * 2020', []],
    ['59 59 23 31 12 * 2199', ['99-12-31']],
  ])('%s', (expression, expected) => {
    if (expression.endsWith('l')) expect(() => parseCron(expression)).toThrow('5L');
    else expect(days(expression, '2026-11-21T00:00Z', 4)).toEqual(expected);
  });

  test('`and` takes both day fields, where cron takes either', () => {
    expect(days('0 0 13 * FRI', '2026-11-21T00:00Z', 3, { and: true })).toEqual(['27-08-13', '28-10-13', '29-04-13']);
    expect(days('0 0 29 2 MON#5', '2026-11-21T00:00Z', 2, { and: true })).toEqual(['44-02-29', '72-02-29']);
  });
});

describe('times', () => {
  test.each([
    ['0 22-2 * * *', ['00:00', '01:00', '02:00', '22:00', '23:00']],
    ['0 22-2/2 * * *', ['00:00', '02:00', '22:00', '00:00', '02:00']],
    ['55-5/5 8 * * *', ['08:00', '08:05', '08:55', '08:00', '08:05']],
    ['5/25 3 * * *', ['03:05', '03:30', '03:55', '03:05', '03:30']],
    ['@hourly', ['00:00', '01:00', '02:00', '03:00', '04:00']],
    ['@midnight', ['00:00', '00:00', '00:00', '00:00', '00:00']],
    ['CRON_TZ=Asia/Kolkata 30 9 * * *', ['04:00', '04:00', '04:00', '04:00', '04:00']],
    ['TZ=Asia/Tokyo @daily', ['15:00', '15:00', '15:00', '15:00', '15:00']],
    ['@every 90m', ['00:00', '01:30', '03:00', '04:30', '06:00']],
  ])('%s', (expression, expected) => {
    expect(next(expression, '2026-11-21T00:00Z', 5).map((time) => time.slice(11))).toEqual(expected);
  });

  test('@every is an interval', () => {
    expect(parseCron('@every 90m').every).toEqual({ months: 0, days: 0, ms: 5_400_000 });
    expect(parseCron('CRON_TZ=Europe/Berlin @every P1D')).toMatchObject({
      every: { months: 0, days: 1, ms: 0 },
      timezone: 'Europe/Berlin',
    });
  });

  test.each([
    ['* 0-23 * * *', true],
    ['*/7 */1 * * *', true],
    ['0 */2 * * *', false],
    ['*/5 9-17 * * *', false],
  ])('%s at a fixed rate: %s', (expression, fixed) => expect(parseCron(expression).fixedRate).toBe(fixed));
});

test('plain items are read as cron-parser reads them', () => {
  const ours = (item: string) => parseCron(`${item} * * * *`).minute.values;
  const theirs = (item: string) => CronExpressionParser.parse(`${item} * * * *`).fields.minute.values.map(Number);
  for (let value = 0; value < 60; value += 7) {
    for (let step = 1; step < 30; step += 4) {
      for (const item of [`${value}`, `${value}/${step}`, `*/${step}`, `${value}-59/${step}`, `0-${value}`]) {
        expect([item, ...ours(item)]).toEqual([item, ...theirs(item)]);
      }
    }
  }
  for (const item of ['1-5', 'MON-FRI', '5-7', '0-7', '*/2', 'sun,TUE', '*']) {
    const read = CronExpressionParser.parse(`0 0 * * ${item}`).fields.dayOfWeek.values.map((day) => Number(day) % 7);
    const days = new Set(read);
    const times = next(`0 0 * * ${item}`, '2026-11-22T00:00Z', days.size);
    expect(new Set(times.map((time) => new Date(time).getUTCDay()))).toEqual(days);
  }
});

describe('H', () => {
  const minutes = (expression: string, seed: string) => parseCron(expression, { seed }).minute.values;

  test('the hash never changes', () => {
    expect(['', 'a', 'default/report', 'größe'].map(hashOf)).toEqual([2872998923, 2448022055, 1928259443, 419985943]);
  });

  test('stays for a job and differs between jobs', () => {
    expect(minutes('H * * * *', 'default/report')).toEqual(minutes('H * * * *', 'default/report'));
    const seen = new Set(Array.from({ length: 1000 }, (_, job) => minutes('H * * * *', `default/job-${job}`)[0]));
    expect(seen.size).toBe(60);
  });

  test('a step begins somewhere within it, a range bounds both', () => {
    for (let job = 0; job < 200; job++) {
      const seed = `default/job-${job}`;
      const quarter = minutes('H/15 * * * *', seed);
      expect(quarter).toEqual([0, 15, 30, 45].map((minute) => minute + (quarter[0] as number)));
      expect(quarter[0]).toBeLessThan(15);
      expect(minutes('H(30-44) * * * *', seed)[0]).toSatisfy((minute: number) => minute >= 30 && minute <= 44);
      const tens = minutes('H(0-29)/10 * * * *', seed);
      expect(tens).toEqual([0, 10, 20].map((minute) => minute + (tens[0] as number)));
      const [monthly] = next('H H H * *', '2027-02-01T00:00Z', 1, { seed });
      expect(monthly).toMatch(/^2027-02/);
    }
  });

  test('fields are drawn apart', () => {
    const pairs = Array.from({ length: 100 }, (_, job) => {
      const { minute, second } = parseCron('H H * * * *', { seed: `default/job-${job}` });
      return minute.values[0] === second.values[0];
    });
    expect(pairs.filter(Boolean).length).toBeLessThan(10);
  });
});

describe('refused', () => {
  test.each([
    ['', 1, 'got 0'],
    ['   ', 4, 'got 0'],
    ['* * * *', 8, 'got 4'],
    ['0 0 0 1 1 * 2030 9', 18, 'got 8'],
    ['60 * * * *', 1, 'minute (0-59)'],
    ['0 1,2,24 * * *', 7, 'hour (0-23)'],
    ['0  25-2 * * *', 4, 'hour (0-23)'],
    ['0 0 32W * *', 5, 'day of month (1-31)'],
    ['0 0 L-31 * *', 5, '`L-1` to `L-30`'],
    ['0 0 L-0 * *', 5, '`L-1` to `L-30`'],
    ['0 0 W * *', 5, '15W'],
    ['0 0 1-5W * *', 5, 'day of month'],
    ['0 0 * * L', 9, '5L'],
    ['0 0 * * 8L', 9, 'day of week'],
    ['0 0 * * MON#6', 9, '`#1` to `#5`'],
    ['0 0 * * MON#0', 9, '`#1` to `#5`'],
    ['0 0 * * 15W', 9, 'day of week'],
    ['0 L * * *', 3, 'means nothing here'],
    ['0 0 * MON#1 *', 7, 'means nothing here'],
    ['0 0 MON#1 * *', 5, 'day of month'],
    ['? * * * *', 1, 'means nothing here'],
    ['0 0 ?,1 * *', 5, 'day of month'],
    ['0 MON * * *', 3, 'hour'],
    ['0 0 * MON *', 7, 'JAN-DEC'],
    ['0 0 * * JAN', 9, 'SUN-SAT'],
    ['*/0 * * * *', 1, 'a step of 1 to 60'],
    ['*/90 * * * *', 1, '@every 90m'],
    ['*-5 * * * *', 1, 'minute'],
    ['1,,2 * * * *', 3, 'an empty place'],
    ['H(9-5) * * * *', 1, 'ascending'],
    ['H(0-75) * * * *', 1, 'minute (0-59)'],
    ['H(0-9)/15 * * * *', 1, 'at most 10'],
    ['H-5 * * * *', 1, 'H/15'],
    ['0 0 0 1 1 * H', 13, 'nothing in the year'],
    ['0 0 0 1 1 * 1969', 13, 'year (1970-2199)'],
    ['0 0 0 1 1 * 2030-2028', 13, 'ascending'],
    ['0 0 31 2 *', 5, 'no day from 1970 to 2199'],
    ['0 0 31 4,6,9,11 *', 5, 'no day from 1970 to 2199'],
    ['0 0 0 29 2 * 2027', 7, 'no day from 1970 to 2199'],
    ['CRON_TZ=UTC 0 0 30 2 *', 17, 'no day from 1970 to 2199'],
    ['@reboot', 1, '`immediate: true`'],
    ['@noon', 1, '@midnight'],
    ['@daily 5', 8, 'nothing after'],
    ['@every', 7, 'such as 90m'],
    ['@every soon', 8, 'such as 90m'],
    ['@every 100ms', 8, 'at least 1 s'],
    ['@every 90m now', 12, 'nothing after'],
  ])('%j at %i: %s', (expression, position, said) => {
    const read = () => parseCron(expression, { field: 'schedule.union.0.cron' });
    expect(read).toThrow(expect.objectContaining({ code: 'CRON_INVALID' }));
    expect(read).toThrow(`\`schedule.union.0.cron\` ${JSON.stringify(expression)}, position ${position}: `);
    expect(read).toThrow(said);
  });

  test('a day that is never of both kinds', () => {
    expect(() => parseCron('0 0 30 2 MON#1', { and: true })).toThrow('no day from 1970 to 2199');
    expect(() => parseCron('0 0 30 * MON#1', { and: true })).toThrow('no day from 1970 to 2199');
  });

  test('a zone that does not exist', () => {
    expect(() => parseCron('CRON_TZ=Mars/Olympus 0 0 * * *')).toThrow(
      expect.objectContaining({ code: 'TIMEZONE_UNKNOWN' }),
    );
  });
});

test('a yearly time runs in both passes of an overlap if both are asked for', () => {
  const cron = parseCron('30 2 25 10 *');
  const berlin = Zone.of('Europe/Berlin');
  const both = { gap: 'shift', overlap: 'both' } as const;
  const first = nextCron(cron, berlin, both, Date.parse('2026-01-01')) as number;
  expect(new Date(first).toISOString()).toBe('2026-10-25T00:30:00.000Z');
  expect(nextCron(cron, berlin, both, first)).toBe(first + 3_600_000);
});
