import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { isoTime } from '../../../../src/core/ids.js';
import { prepareDefinition } from '../../../../src/core/prepare.js';
import { isOnce } from '../../../../src/core/projection.js';
import {
  normaliseSchedule,
  plannedTimes,
  planSchedule,
  submittedSchedule,
} from '../../../../src/core/schedule/index.js';
import { type Dst, type Schedule, scheduleSchema } from '../../../../src/core/schedule/schema.js';
import { TaskRegistry } from '../../../../src/core/task/registry.js';
import { defineTask } from '../../../../src/core/task/task.js';

const now = Date.parse('2026-11-21T09:00:00Z');
const registry = new TaskRegistry([defineTask({ name: 'work', input: z.unknown(), run: () => null })]);

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

describe('several times', () => {
  test('in order, each once; one alone is a single time', () => {
    const at = ['2026-12-02T09:00Z', '2026-12-01T10:00+01:00', '2026-12-01T09:00Z'];
    const normal = normaliseSchedule({ at }, now);
    expect(normal.at).toEqual(['2026-12-01T09:00:00Z', '2026-12-02T09:00:00Z']);
    expect(plannedTimes(normal, now, 5)).toEqual({
      times: normal.at && [normal.at].flat().map(Date.parse),
      exhausted: true,
    });
    expect(isOnce(normal)).toBe(false);
    const single = normaliseSchedule({ at: ['2026-12-01T09:00Z', '2026-12-01T09:00Z'] }, now);
    expect(single.at).toBe('2026-12-01T09:00:00Z');
    expect(isOnce(single)).toBe(true);
  });

  test('a repeated local time may mean both, and one that does not exist none', () => {
    const at = (time: string, dst: Dst) => normaliseSchedule({ at: time, timezone: 'Europe/Berlin', dst }, now).at;
    expect(at('2027-10-31T02:30', { gap: 'shift', overlap: 'both' })).toEqual([
      '2027-10-31T00:30:00Z',
      '2027-10-31T01:30:00Z',
    ]);
    expect(at('2027-03-28T02:30', { gap: 'shift', overlap: 'first' })).toBe('2027-03-28T01:30:00Z');
    expect(() => at('2027-03-28T02:30', { gap: 'skip', overlap: 'first' })).toThrow(
      expect.objectContaining({ code: 'TIME_INVALID' }),
    );
  });
});

describe('union', () => {
  const source = fc.oneof(
    fc.record({
      cron: fc.constantFrom('0 9 * * *', '*/15 * * * *', '0 0 L * *', 'H H * * MON', 'CRON_TZ=Asia/Tokyo 30 2 * * *'),
    }),
    fc.record({ every: fc.constantFrom('PT7M', 'P1D', 'PT6H'), timezone: fc.constantFrom('UTC', 'Europe/Berlin') }),
    fc.record({ rrule: fc.constantFrom('FREQ=DAILY;BYHOUR=9;BYMINUTE=0;BYSECOND=0', 'FREQ=HOURLY;INTERVAL=5') }),
    fc.record({ at: fc.constantFrom('2027-03-28T09:00Z', '2027-03-28T02:30') }),
  );

  test('is the sorted merge of its sources, equal times once', () => {
    const after = Date.parse('2027-03-27T12:00:00Z');
    fc.assert(
      fc.property(fc.array(source, { minLength: 1, maxLength: 5 }), (union) => {
        const timezone = 'America/New_York';
        const apart = union.flatMap((one) => {
          // An expression with a zone of its own takes no other.
          const zone = 'cron' in one && one.cron.startsWith('CRON_TZ') ? {} : { timezone };
          return plannedTimes(normaliseSchedule({ ...zone, ...one }, now), after, 40).times;
        });
        const merged = [...new Set(apart)].sort((a, b) => a - b).slice(0, 40);
        expect(plannedTimes(normaliseSchedule({ union, timezone }, now), after, 40).times).toEqual(merged);
      }),
      { numRuns: 50 },
    );
  });

  test.each<[Schedule, string, string]>([
    [{ union: [{ every: '1h' }, { cron: '61 * * * *' }] }, 'CRON_INVALID', 'schedule.union.1.cron'],
    [{ union: [{ every: '10ms' }] }, 'SCHEDULE_INVALID', 'schedule.union.0.every'],
    [{ union: [{ at: ['2026-12-01T09:00Z', 'soon'] }] }, 'TIME_INVALID', 'schedule.union.0.at.1'],
    [{ union: [{ cron: '0 9 * * *', timezone: 'X/Y' }] }, 'TIMEZONE_UNKNOWN', 'schedule.union.0.timezone'],
    [{ cron: 'TZ=Asia/Tokyo 0 9 * * *', timezone: 'UTC' }, 'SCHEDULE_INVALID', 'schedule.timezone'],
    [
      { rrule: 'DTSTART;TZID=Asia/Tokyo:20261201T090000\nRRULE:FREQ=DAILY', timezone: 'UTC' },
      'SCHEDULE_INVALID',
      'schedule.timezone',
    ],
    [
      { rrule: 'DTSTART:20261201T090000\nRRULE:FREQ=DAILY', anchor: '2026-12-01T09:00Z' },
      'SCHEDULE_INVALID',
      'schedule.anchor',
    ],
  ])('refuses %j', (schedule, code, field) => {
    expect(() => normaliseSchedule(schedule, now)).toThrow(
      expect.objectContaining({ code, details: expect.objectContaining({ field }) }),
    );
  });
});

describe('a stored schedule', () => {
  const written: Schedule[] = [
    { cron: '0 9 * * *' },
    { cron: 'CRON_TZ=Asia/Tokyo 0 9 * * *', start: '2026-12-01T00:00' },
    { every: '90m' },
    { every: '1h', anchor: '2026-11-21T09:30', timezone: 'Europe/Berlin' },
    { immediate: true },
    { rrule: 'FREQ=DAILY' },
    { union: [{ every: '1h' }, { cron: '@every 90m' }, { at: ['2026-12-01T09:00', '2026-12-02T09:00'] }] },
    { cron: '0 9 * * *', exclude: [{ every: 'P7D' }, { weekly: 'SAT,SUN' }], jitter: '90s', end: '2027-01-01T00:00Z' },
  ];

  test.each(written.map((schedule) => [schedule]))('%j can be submitted again', (schedule) => {
    const normal = normaliseSchedule(schedule, now);
    const again = submittedSchedule(normal);
    expect(scheduleSchema.safeParse(again).error).toBeUndefined();
    expect(normaliseSchedule(again, now)).toEqual(normal);
    // Later, only what hangs on the moment of submission differs, and that is not part of it.
    expect(submittedSchedule(normaliseSchedule(again, now + 3_600_000))).toEqual(again);
  });

  test('says no more than was written', () => {
    expect(submittedSchedule(normaliseSchedule({ every: '90m' }, now))).toEqual({ every: 'PT1H30M' });
    const digest = (schedule: Schedule) => prepareDefinition({ task: 'work', schedule }, registry, now).digest;
    const { definition } = prepareDefinition({ task: 'work', schedule: { every: '90m' } }, registry, now);
    expect(digest(submittedSchedule(definition.schedule))).toBe(digest({ every: '90m' }));
    expect(digest({ every: '91m' })).not.toBe(digest({ every: '90m' }));
  });
});

test('a plan continued is a plan twice as long', () => {
  const cron = fc.constantFrom('*/7 * * * *', '0 9 * * MON-FRI', '0 0 29 2 *', '30 2 * * *', 'H/20 * * * *');
  fc.assert(
    fc.property(cron, fc.constantFrom('UTC', 'Europe/Berlin', 'Australia/Lord_Howe'), (expression, timezone) => {
      const normal = normaliseSchedule(
        { cron: expression, timezone, jitter: '20%', exclude: [{ weekly: 'WED' }] },
        now,
      );
      const first = planSchedule(normal, now, 15).occurrences;
      const second = planSchedule(normal, first.at(-1)?.at ?? now, 15).occurrences;
      expect([...first, ...second]).toEqual(planSchedule(normal, now, 30).occurrences);
    }),
  );
});
