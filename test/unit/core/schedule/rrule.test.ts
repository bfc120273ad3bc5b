import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normaliseSchedule, plannedTimes, zonedTime } from '../../../../src/core/schedule/index.js';
import type { Schedule } from '../../../../src/core/schedule/schema.js';

const now = Date.parse('1997-09-02T13:00:00Z');
const newYork = 'America/New_York';
const start = 'DTSTART;TZID=America/New_York:19970902T090000';

/** The next local times of a schedule. */
function next(schedule: Schedule, after: string | number, count: number): string[] {
  const normal = normaliseSchedule(schedule, now);
  const { times } = plannedTimes(normal, typeof after === 'number' ? after : Date.parse(after), count);
  return times.map((time) => zonedTime(time, normal.timezone as string));
}

describe('examples of RFC 5545, section 3.8.5.3', () => {
  test.each([
    ['FREQ=DAILY;COUNT=3', ['1997-09-02', '1997-09-03', '1997-09-04']],
    ['FREQ=DAILY;INTERVAL=10;COUNT=3', ['1997-09-02', '1997-09-12', '1997-09-22']],
    ['FREQ=DAILY;UNTIL=19970904T130000Z', ['1997-09-02', '1997-09-03', '1997-09-04']],
    ['FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU', ['1998-01-04', '1998-01-11', '1998-01-18']],
    ['FREQ=WEEKLY;INTERVAL=2;WKST=SU', ['1997-09-02', '1997-09-16', '1997-09-30']],
    ['FREQ=WEEKLY;COUNT=4;WKST=SU;BYDAY=TU,TH', ['1997-09-02', '1997-09-04', '1997-09-09', '1997-09-11']],
    ['FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH', ['1997-09-02', '1997-09-04', '1997-09-16', '1997-09-18']],
    ['FREQ=MONTHLY;COUNT=10;BYDAY=1FR', ['1997-09-05', '1997-10-03', '1997-11-07']],
    ['FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU', ['1997-09-07', '1997-09-28', '1997-11-02', '1997-11-30']],
    ['FREQ=MONTHLY;COUNT=6;BYDAY=-2MO', ['1997-09-22', '1997-10-20', '1997-11-17', '1997-12-22']],
    ['FREQ=MONTHLY;BYMONTHDAY=-3', ['1997-09-28', '1997-10-29', '1997-11-28', '1997-12-29']],
    ['FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1', ['1997-09-30', '1997-10-01', '1997-10-31', '1997-11-01']],
    ['FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11', ['1997-09-10', '1997-09-11', '1999-03-10', '1999-03-11']],
    ['FREQ=YEARLY;COUNT=10;BYMONTH=6,7', ['1998-06-02', '1998-07-02', '1999-06-02']],
    ['FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200', ['1997-09-02', '2000-01-01', '2000-04-09'].slice(1)],
    ['FREQ=YEARLY;BYDAY=20MO', ['1998-05-18', '1999-05-17', '2000-05-15']],
    ['FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO', ['1998-05-11', '1999-05-17', '2000-05-15']],
    ['FREQ=YEARLY;BYWEEKNO=20', ['1998-05-12', '1999-05-18', '2000-05-16']],
    ['FREQ=YEARLY;BYMONTH=3;BYDAY=TH', ['1998-03-05', '1998-03-12', '1998-03-19']],
    ['FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13', ['1998-02-13', '1998-03-13', '1998-11-13', '1999-08-13']],
    ['FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13', ['1997-09-13', '1997-10-11', '1997-11-08']],
    [
      'FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8',
      ['1997-11-04', '2001-11-06', '2005-11-08'].slice(0, 3),
    ],
    ['FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3', ['1997-09-04', '1997-10-07', '1997-11-06']],
    ['FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2', ['1997-09-29', '1997-10-30', '1997-11-27']],
    ['FREQ=DAILY;BYMONTH=1', ['1998-01-01', '1998-01-02']],
  ])('%s', (rule, days) => {
    const times = next({ rrule: `${start}\nRRULE:${rule}` }, now - 1000, days.length);
    expect(times.map((time) => time.slice(0, 16))).toEqual(days.map((day) => `${day}T09:00`));
  });

  test.each([
    ['FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T210000Z', ['09:00', '12:00', '15:00']],
    ['FREQ=MINUTELY;INTERVAL=15;COUNT=6', ['09:00', '09:15', '09:30', '09:45', '10:00', '10:15']],
    ['FREQ=MINUTELY;INTERVAL=90;COUNT=4', ['09:00', '10:30', '12:00', '13:30']],
    ['FREQ=DAILY;BYHOUR=9,10;BYMINUTE=0,20,40', ['09:00', '09:20', '09:40', '10:00', '10:20', '10:40']],
  ])('%s', (rule, times) => {
    const found = next({ rrule: `${start}\nRRULE:${rule}` }, now - 1000, times.length);
    expect(found.map((time) => time.slice(0, 16))).toEqual(times.map((time) => `1997-09-02T${time}`));
  });
});

test('the 29th of February and the 31st come when they exist', () => {
  const yearly = { rrule: 'RRULE:FREQ=YEARLY', anchor: '2024-02-29T09:00Z' };
  expect(next(yearly, '2026-01-01T00:00:00Z', 2)).toEqual(['2028-02-29T09:00:00+00:00', '2032-02-29T09:00:00+00:00']);
  const monthly = { rrule: 'freq=monthly', anchor: '2027-01-31T09:00Z' };
  expect(next(monthly, '2027-01-31T10:00:00Z', 2)).toEqual(['2027-03-31T09:00:00+00:00', '2027-05-31T09:00:00+00:00']);
});

test('EXDATE takes out and RDATE adds', () => {
  const rrule = `${start}\nRRULE:FREQ=DAILY;COUNT=4\nEXDATE;TZID=America/New_York:19970903T090000\nRDATE:19970904T200000Z\nEXDATE;VALUE=DATE:19970905`;
  expect(next({ rrule }, now - 1000, 9)).toEqual([
    '1997-09-02T09:00:00-04:00',
    '1997-09-04T09:00:00-04:00',
    '1997-09-04T16:00:00-04:00',
  ]);
});

describe('when the clock changes', () => {
  const daily = { rrule: 'FREQ=DAILY;BYHOUR=2;BYMINUTE=30;BYSECOND=0', timezone: newYork };
  const gap = '2027-03-13T12:00:00Z';
  const overlap = '2027-11-06T12:00:00Z';

  test.each([
    ['shift', '2027-03-14T03:30:00-04:00'],
    ['before', '2027-03-14T01:59:59-05:00'],
    ['skip', '2027-03-15T02:30:00-04:00'],
  ] as const)('a swallowed time: %s', (rule, first) => {
    expect(next({ ...daily, dst: { gap: rule, overlap: 'first' } }, gap, 1)).toEqual([first]);
  });

  test.each([
    ['first', ['2027-11-07T01:30:00-04:00', '2027-11-08T01:30:00-05:00']],
    ['last', ['2027-11-07T01:30:00-05:00', '2027-11-08T01:30:00-05:00']],
    ['both', ['2027-11-07T01:30:00-04:00', '2027-11-07T01:30:00-05:00']],
  ] as const)('a repeated time: %s', (rule, times) => {
    const rrule = 'FREQ=DAILY;BYHOUR=1;BYMINUTE=30;BYSECOND=0';
    expect(next({ rrule, timezone: newYork, dst: { gap: 'shift', overlap: rule } }, overlap, 2)).toEqual(times);
  });

  test('a fixed rate goes through both passes', () => {
    const normal = normaliseSchedule({ rrule: 'FREQ=MINUTELY;INTERVAL=15', timezone: newYork }, now);
    const after = Date.parse('2027-11-07T04:00:00Z');
    const { times } = plannedTimes(normal, after, 20);
    expect(times).toEqual(Array.from({ length: 20 }, (_, index) => after + (index + 1) * 900_000));
  });

  test('a moved time does not pass later ones', () => {
    const rrule = 'FREQ=DAILY;BYHOUR=2,3;BYMINUTE=0,45;BYSECOND=0';
    expect(next({ rrule, timezone: newYork }, gap, 3)).toEqual([
      '2027-03-14T03:00:00-04:00',
      '2027-03-14T03:45:00-04:00',
      '2027-03-15T02:00:00-04:00',
    ]);
  });
});

test.each([
  ['FREQ=FOO', 'FOO'],
  ['BYHOUR=3', 'FREQ'],
  ['FREQ=DAILY;XX=3', 'XX=3'],
  ['FREQ=DAILY;FREQ=DAILY', 'once'],
  ['FREQ=DAILY;INTERVAL=0', 'INTERVAL from 1'],
  ['FREQ=DAILY;COUNT=0', 'COUNT from 1'],
  ['FREQ=DAILY;COUNT=100001', 'COUNT from 1'],
  ['FREQ=DAILY;COUNT=3;UNTIL=20270101', 'not both'],
  ['FREQ=DAILY;BYHOUR=24', 'BYHOUR'],
  ['FREQ=DAILY;BYSECOND=60', 'BYSECOND from 0 to 59'],
  ['FREQ=MONTHLY;BYMONTHDAY=0', 'BYMONTHDAY'],
  ['FREQ=WEEKLY;BYDAY=1MO', 'BYDAY with a number'],
  ['FREQ=WEEKLY;BYMONTHDAY=1', 'BYMONTHDAY only'],
  ['FREQ=MONTHLY;BYWEEKNO=1', 'BYWEEKNO only'],
  ['FREQ=DAILY;BYSETPOS=1', 'beside another'],
  ['FREQ=DAILY;UNTIL=20270231', 'exists'],
  ['FREQ=DAILY\nRRULE:FREQ=WEEKLY', 'one RRULE'],
  ['FREQ=DAILY\nEXRULE:FREQ=WEEKLY', 'EXRULE'],
  ['DTSTART:20270101T000000Z', 'FREQ='],
  ['FREQ=DAILY;BYMONTHDAY=30;BYMONTH=2', 'never does'],
  ['FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', 'never does'],
  ['FREQ=SECONDLY;INTERVAL=2;BYSECOND=1;BYMONTH=2;BYMONTHDAY=31', 'never does'],
  ['FREQ=HOURLY;INTERVAL=24;BYHOUR=3', 'never does'],
])('refuses %j and says why', (rrule, said) => {
  const refusal = expect(() => normaliseSchedule({ rrule, anchor: '2026-11-21T09:00:00Z' }, now));
  refusal.toThrow(
    expect.objectContaining({ code: 'RRULE_INVALID', details: expect.objectContaining({ field: 'schedule.rrule' }) }),
  );
  refusal.toThrow(said);
});

test('a rule costs no more long after its start than at it', () => {
  const rules = [
    'FREQ=SECONDLY',
    'FREQ=MINUTELY;INTERVAL=7',
    'FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,FR',
    'FREQ=MONTHLY;BYDAY=-1FR',
  ];
  for (const rrule of rules) {
    const normal = normaliseSchedule({ rrule, anchor: '1970-01-05T00:00:00Z' }, now);
    const began = performance.now();
    const { times } = plannedTimes(normal, Date.parse('2099-12-01T00:00:00Z'), 20);
    expect(times).toHaveLength(20);
    // Walking 130 years of seconds would take minutes.
    expect(performance.now() - began).toBeLessThan(1000);
  }
});

test('where one begins to ask changes nothing', () => {
  const rule = fc.record({
    frequency: fc.constantFrom('HOURLY', 'DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'),
    interval: fc.integer({ min: 1, max: 5 }),
    by: fc.constantFrom('', ';BYHOUR=1,2,3', ';BYMONTH=1,3,9,10', ';BYDAY=MO,SA', ';BYDAY=SU;BYMONTH=1,3,9,11'),
    dst: fc.record({
      gap: fc.constantFrom('skip', 'shift', 'before'),
      overlap: fc.constantFrom('first', 'last', 'both'),
    }),
  });
  fc.assert(
    fc.property(rule, fc.integer({ min: 0, max: 60 }), ({ frequency, interval, by, dst }, skipped) => {
      const rrule = `FREQ=${frequency};INTERVAL=${interval}${by}`;
      const from = Date.parse('2026-01-10T02:30:00Z');
      const normal = normaliseSchedule({ rrule, dst, timezone: newYork, anchor: '2026-01-10T02:30:00Z' }, now);
      const { times } = plannedTimes(normal, from, skipped + 10);
      const middle = times[skipped] as number;
      expect(plannedTimes(normal, middle, 9).times).toEqual(times.slice(skipped + 1));
      expect(times.every((time, index) => index === 0 || time > (times[index - 1] as number))).toBe(true);
    }),
    { numRuns: 60 },
  );
});
