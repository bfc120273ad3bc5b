import { describe, expect, test } from 'vitest';
import { calendarNames, calendarOfICalendar } from '../../../../src/core/schedule/index.js';
import { calendarSchema } from '../../../../src/core/schedule/schema.js';

/** An iCalendar text of these events, each given as its lines. */
function calendar(...events: string[][]): string {
  const bodies = events.flatMap((lines, index) => ['BEGIN:VEVENT', `UID:${index}@test`, ...lines, 'END:VEVENT']);
  return ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//test', ...bodies, 'END:VCALENDAR', ''].join('\r\n');
}

const day = (date: string) => `DTSTART;VALUE=DATE:${date}`;

test('calendarNames finds each name once, whatever stands around it', () => {
  const exclude = [
    { calendar: 'holidays' },
    { weekly: 'SAT' },
    { calendar: 'freeze' },
    { calendar: 'holidays' },
    5,
    null,
  ];
  expect(calendarNames({ cron: 'not read here', exclude })).toEqual(['holidays', 'freeze']);
  for (const other of [undefined, null, 5, {}, { exclude: 'holidays' }, { exclude: [{ calendar: 5 }] }]) {
    expect(calendarNames(other)).toEqual([]);
  }
});

describe('iCalendar', () => {
  test.each([
    ['a day', [day('20261225'), 'SUMMARY:Christmas Day'], [{ date: '2026-12-25', name: 'Christmas Day' }]],
    ['a day with its end', [day('20261225'), 'DTEND;VALUE=DATE:20261226'], [{ date: '2026-12-25' }]],
    [
      'a range, whose end is the first free day',
      [day('20261224'), 'DTEND;VALUE=DATE:20270102', 'SUMMARY:Closed'],
      [{ from: '2026-12-24', to: '2027-01-01', name: 'Closed' }],
    ],
    ['a duration', [day('20261224'), 'DURATION:P3D'], [{ from: '2026-12-24', to: '2026-12-26' }]],
    ['every year', [day('20201225'), 'RRULE:FREQ=YEARLY'], [{ yearly: '12-25' }]],
    [
      'every year, said at length',
      [day('20201225'), 'RRULE:FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25'],
      [{ yearly: '12-25' }],
    ],
    [
      'a bounded recurrence',
      [day('20261225'), 'RRULE:FREQ=YEARLY;COUNT=2'],
      [{ date: '2026-12-25' }, { date: '2027-12-25' }],
    ],
    [
      'a recurrence with an exception and an addition',
      [day('20261201'), 'RRULE:FREQ=WEEKLY;COUNT=3', 'EXDATE;VALUE=DATE:20261208', 'RDATE;VALUE=DATE:20261203'],
      [{ date: '2026-12-01' }, { date: '2026-12-03' }, { date: '2026-12-15' }],
    ],
    ['a cancelled event', [day('20261225'), 'STATUS:CANCELLED'], []],
  ])('%s', (_, lines, rules) => {
    const read = calendarOfICalendar(calendar(lines));
    expect(read.rules).toEqual(rules);
    expect(calendarSchema.safeParse(read).success).toBe(true);
  });

  test('the fourth Thursday of November, for ten years', () => {
    const text = calendar([day('20261126'), 'SUMMARY:Thanksgiving', 'RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH']);
    const { rules } = calendarOfICalendar(text);
    expect(rules.slice(0, 3)).toEqual([
      { date: '2026-11-26', name: 'Thanksgiving' },
      { date: '2027-11-25', name: 'Thanksgiving' },
      { date: '2028-11-23', name: 'Thanksgiving' },
    ]);
    expect(rules.length).toBe(11);
  });

  test('an event that stands for one day of a recurrence', () => {
    const series = ['BEGIN:VEVENT', 'UID:x', day('20261201'), 'RRULE:FREQ=DAILY;COUNT=2', 'END:VEVENT'];
    const moved = ['BEGIN:VEVENT', 'UID:x', 'RECURRENCE-ID;VALUE=DATE:20261202', day('20261205'), 'END:VEVENT'];
    const text = ['BEGIN:VCALENDAR', 'X-WR-CALNAME:Freeze', ...series, ...moved, 'END:VCALENDAR'].join('\r\n');
    expect(calendarOfICalendar(text)).toEqual({
      description: 'Freeze',
      rules: [{ date: '2026-12-01' }, { date: '2026-12-05' }],
    });
  });

  test.each([
    ['no calendar', 'hello', 'iCalendar text'],
    ['nothing', '', 'iCalendar text'],
    ['another component', 'BEGIN:VCARD\r\nEND:VCARD\r\n', 'BEGIN:VCALENDAR'],
    ['hours', calendar(['DTSTART:20261225T090000Z', 'SUMMARY:Talk']), 'whole days'],
    ['no start', calendar(['SUMMARY:Talk']), 'DTSTART'],
    ['too many days', calendar([day('20260101'), 'RRULE:FREQ=DAILY']), 'at most 2000'],
    ['a rule that cannot be read', calendar([day('20260101'), 'RRULE:FREQ=DAILY;BYHOUR=99']), 'BYHOUR'],
    ['a rule that RFC 5545 rules out', calendar([day('20260101'), 'RRULE:FREQ=DAILY;BYWEEKNO=3']), 'BYWEEKNO'],
  ])('refuses %s', (_, text, said) => {
    const refusal = expect(() => calendarOfICalendar(text));
    refusal.toThrow(expect.objectContaining({ code: 'CALENDAR_INVALID' }));
    refusal.toThrow(said);
  });
});
