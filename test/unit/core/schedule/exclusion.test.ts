import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { isoTime } from '../../../../src/core/ids.js';
import { prepareDefinition } from '../../../../src/core/prepare.js';
import { firstRun, normaliseSchedule, planSchedule } from '../../../../src/core/schedule/index.js';
import type { Calendar, Schedule } from '../../../../src/core/schedule/schema.js';
import { TaskRegistry } from '../../../../src/core/task/registry.js';
import { defineTask } from '../../../../src/core/task/task.js';

// A Saturday.
const now = Date.parse('2026-11-21T09:00:00Z');
const holidays: Calendar = { rules: [{ date: '2026-12-25', name: 'Christmas Day' }, { yearly: '12-26' }] };

function normal(schedule: Schedule, calendars: Record<string, Calendar> = { holidays }) {
  const revised = Object.fromEntries(
    Object.entries(calendars).map(([name, value]) => [name, { ...value, revision: 1 }]),
  );
  return normaliseSchedule(schedule, now, { seed: 'default/job', calendars: revised });
}

/** Occurrences after a time as text: `+` runs, `-` is excluded, `>` was moved here. */
function plan(schedule: Schedule, after: string, count: number): string[] {
  const { occurrences } = planSchedule(normal(schedule), Date.parse(after), count);
  return occurrences.map(({ at, excluded, moved }) => {
    const time = isoTime(at).slice(0, 16);
    return excluded ? `- ${time} ${excluded}` : moved ? `> ${time} ${moved}` : `+ ${time}`;
  });
}

describe('what takes an occurrence out', () => {
  test('a day of a named calendar, with the name of the day', () => {
    const schedule: Schedule = { cron: '0 9 * * *', exclude: [{ calendar: 'holidays' }] };
    expect(plan(schedule, '2026-12-24T00:00:00Z', 2)).toEqual([
      '+ 2026-12-24T09:00',
      '- 2026-12-25T09:00 calendar holidays (Christmas Day)',
      '- 2026-12-26T09:00 calendar holidays (12-26)',
      '+ 2026-12-27T09:00',
    ]);
  });

  test('a range, its last day included, in the zone of the schedule', () => {
    const exclude = [{ from: '2026-12-24', to: '2026-12-25', name: 'closed' }];
    expect(plan({ cron: '30 23 * * *', timezone: 'Asia/Tokyo', exclude }, '2026-12-23T00:00:00Z', 2)).toEqual([
      '+ 2026-12-23T14:30',
      '- 2026-12-24T14:30 closed',
      '- 2026-12-25T14:30 closed',
      '+ 2026-12-26T14:30',
    ]);
  });

  test('hours of the week that go on past midnight', () => {
    const schedule: Schedule = { cron: '0 */4 * * *', exclude: [{ weekly: 'FRI 18:00-08:00', name: 'night' }] };
    expect(plan(schedule, '2026-11-27T14:00:00Z', 2)).toEqual([
      '+ 2026-11-27T16:00',
      '- 2026-11-27T20:00 night',
      '- 2026-11-28T00:00 night',
      '- 2026-11-28T04:00 night',
      '+ 2026-11-28T08:00',
    ]);
  });

  test('a cron without seconds covers its minute, one with seconds its second', () => {
    const every20s = { cron: '*/20 * * * * *' };
    expect(plan({ ...every20s, exclude: [{ cron: '1 9 * * *' }] }, '2026-11-21T09:00:40Z', 1)).toHaveLength(4);
    expect(plan({ ...every20s, exclude: [{ cron: '20 1 9 * * *' }] }, '2026-11-21T09:00:40Z', 2)).toEqual([
      '+ 2026-11-21T09:01',
      '- 2026-11-21T09:01 cron 20 1 9 * * *',
      '+ 2026-11-21T09:01',
    ]);
  });

  test('times, intervals and recurrence rules at their instants', () => {
    const exclude = [
      { at: '2026-11-21T11:00Z' },
      { every: 'PT3H', anchor: '2026-11-21T12:00Z' },
      { rrule: 'FREQ=DAILY;BYHOUR=13;BYMINUTE=0;BYSECOND=0' },
    ];
    expect(plan({ cron: '0 * * * *', exclude }, '2026-11-21T09:30:00Z', 2)).toEqual([
      '+ 2026-11-21T10:00',
      '- 2026-11-21T11:00 at 2026-11-21T11:00:00Z',
      '- 2026-11-21T12:00 every PT3H',
      '- 2026-11-21T13:00 rrule FREQ=DAILY;BYHOUR=13;BYMINUTE=0;BYSECOND=0',
      '+ 2026-11-21T14:00',
    ]);
  });

  test('both passes of a repeated hour', () => {
    const schedule: Schedule = { cron: '30 * * * *', timezone: 'Europe/Berlin', exclude: [{ cron: '* 2 * * *' }] };
    expect(plan(schedule, '2027-10-30T23:00:00Z', 2).map((line) => line[0])).toEqual(['+', '-', '-', '+']);
  });
});

describe('onExcluded', () => {
  const weekend = { exclude: [{ weekly: 'SAT,SUN' }] };

  test('next_working: the same time of the next day that is free; two that meet run once', () => {
    const schedule: Schedule = { cron: '0 9 * * SAT,SUN', ...weekend, onExcluded: 'next_working' };
    expect(plan(schedule, '2026-11-22T10:00:00Z', 2)).toEqual([
      '> 2026-11-23T09:00 from 2026-11-21T09:00:00Z: SAT,SUN',
      '- 2026-11-29T09:00 SAT,SUN; runs with 2026-11-30T09:00:00Z',
      '> 2026-11-30T09:00 from 2026-11-28T09:00:00Z: SAT,SUN',
    ]);
  });

  test('previous_working keeps the local time across a change of the clock', () => {
    const schedule: Schedule = {
      cron: '0 9 28 3 *',
      timezone: 'Europe/Berlin',
      ...weekend,
      onExcluded: 'previous_working',
    };
    expect(plan(schedule, '2027-01-01T00:00:00Z', 1)).toEqual([
      '> 2027-03-26T08:00 from 2027-03-28T07:00:00Z: SAT,SUN',
    ]);
  });

  test('what meets a regular occurrence runs with it', () => {
    const schedule: Schedule = { cron: '0 9 * * *', ...weekend, onExcluded: 'previous_working' };
    expect(plan(schedule, '2026-11-26T10:00:00Z', 2)).toEqual([
      '+ 2026-11-27T09:00',
      '- 2026-11-28T09:00 SAT,SUN; runs with 2026-11-27T09:00:00Z',
      '- 2026-11-29T09:00 SAT,SUN; runs with 2026-11-27T09:00:00Z',
      '+ 2026-11-30T09:00',
    ]);
  });

  test('nothing moves past the end, nor where no day is free', () => {
    const bounded: Schedule = { cron: '0 9 * * SUN', end: '2026-11-22T12:00Z', ...weekend, onExcluded: 'next_working' };
    expect(plan(bounded, '2026-11-22T00:00:00Z', 3)).toEqual(['- 2026-11-22T09:00 SAT,SUN']);
    const full: Schedule = { cron: '0 9 1 * *', exclude: [{ weekly: 'MON-SUN' }], onExcluded: 'next_working' };
    expect(planSchedule(normal(full), now, 1).occurrences.every(({ excluded }) => excluded === 'MON-SUN')).toBe(true);
  });

  test('is refused where a day has too many occurrences to move', () => {
    expect(() => normal({ cron: '*/20 * * * *', ...weekend, onExcluded: 'next_working' })).toThrow(
      expect.objectContaining({
        code: 'SCHEDULE_INVALID',
        details: expect.objectContaining({ field: 'schedule.onExcluded' }),
      }),
    );
  });
});

test('where one begins to ask changes nothing, moved or not, and times ascend', () => {
  const schedule = fc.record({
    cron: fc.constantFrom('0 9 * * *', '0 9,17 * * SAT,SUN', '0 12 1,15,28 * *', '30 2 * * *', '0 8 * * WED-SUN'),
    timezone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York'),
    exclude: fc.uniqueArray(
      fc.constantFrom(
        { weekly: 'SAT,SUN' },
        { calendar: 'holidays' },
        { from: '2026-12-20', to: '2027-01-06' },
        { cron: '0 9 * * MON' },
        { weekly: 'FRI 12:00-24:00' },
      ),
      { minLength: 1, maxLength: 3 },
    ),
    onExcluded: fc.constantFrom('skip', 'next_working', 'previous_working'),
  });
  fc.assert(
    fc.property(schedule, fc.integer({ min: 0, max: 40 }), (written, skipped) => {
      const ready = normal(written as Schedule);
      const { occurrences } = planSchedule(ready, now, 60);
      const from = occurrences[skipped] as { at: number };
      const again = planSchedule(ready, from.at, 30).occurrences;
      expect(again.slice(0, 10)).toEqual(occurrences.slice(skipped + 1, skipped + 11));
      const times = occurrences.map(({ at }) => at);
      expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
    }),
    { numRuns: 40 },
  );
});

describe('bounds', () => {
  test('an answer holds 500 excluded occurrences and is not exhausted', () => {
    const schedule = normal({ cron: '* * * * * *', exclude: [{ weekly: 'SAT,SUN' }] });
    const { occurrences, exhausted } = planSchedule(schedule, now, 20);
    expect(occurrences).toHaveLength(500);
    expect(exhausted).toBe(false);
    expect(firstRun(schedule, now)).toBe(Date.parse('2026-11-23T00:00:00Z'));
  });

  const registry = new TaskRegistry([defineTask({ name: 'work', input: z.unknown(), run: () => null })]);
  const prepare = (schedule: Schedule) => prepareDefinition({ task: 'work', schedule }, registry, now);

  test('an exclusion that takes everything is refused', () => {
    const everything: Schedule = { cron: '0 9 * * *', exclude: [{ cron: '* 9 * * *' }] };
    expect(firstRun(normal(everything), now)).toBeUndefined();
    expect(() => prepare(everything)).toThrow(
      expect.objectContaining({
        code: 'SCHEDULE_NEVER_FIRES',
        details: expect.objectContaining({ field: 'schedule.exclude' }),
      }),
    );
  });

  test('a year of exclusions is looked through', () => {
    const schedule: Schedule = { every: '1m', exclude: [{ from: '2026-01-01', to: '2027-12-31' }] };
    expect(firstRun(normal(schedule), now)).toBe(Date.parse('2028-01-01T00:00:00Z'));
    const { plan } = prepare(schedule);
    expect(plan).toMatchObject({ exhausted: false, entries: expect.objectContaining({ length: 500 }) });
  });
});

test.each([
  [{ calendar: 'nope' }, 'CALENDAR_NOT_FOUND', 'schedule.exclude.0.calendar'],
  [{ date: '2026-02-30' }, 'CALENDAR_INVALID', 'schedule.exclude.0.date'],
  [{ from: '2026-12-25', to: '2026-12-24' }, 'CALENDAR_INVALID', 'schedule.exclude.0.to'],
  [{ yearly: '02-30' }, 'CALENDAR_INVALID', 'schedule.exclude.0.yearly'],
  [{ weekly: 'SAX' }, 'CALENDAR_INVALID', 'schedule.exclude.0.weekly'],
  [{ weekly: 'MON 25:00-26:00' }, 'CALENDAR_INVALID', 'schedule.exclude.0.weekly'],
  [{ weekly: 'MON 09:00-09:00' }, 'CALENDAR_INVALID', 'schedule.exclude.0.weekly'],
  [{ cron: '61 * * * *' }, 'CRON_INVALID', 'schedule.exclude.0.cron'],
  [{ rrule: 'FREQ=X' }, 'RRULE_INVALID', 'schedule.exclude.0.rrule'],
  [{ cron: '0 0 * * *', timezone: 'Mars/X' }, 'TIMEZONE_UNKNOWN', 'schedule.exclude.0.timezone'],
])('refuses %j', (exclusion, code, field) => {
  expect(() => normal({ cron: '0 9 * * *', exclude: [exclusion] })).toThrow(
    expect.objectContaining({ code, details: expect.objectContaining({ field }) }),
  );
});
