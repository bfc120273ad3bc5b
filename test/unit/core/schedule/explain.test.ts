import { describe, expect, test } from 'vitest';
import { explainSchedule, normaliseSchedule } from '../../../../src/core/schedule/index.js';
import type { Schedule } from '../../../../src/core/schedule/schema.js';

const now = Date.parse('2026-11-21T09:00:00Z');
const berlin = 'Europe/Berlin';

function explain(schedule: Schedule, after = '2026-11-21T09:00:00Z', count = 3) {
  return explainSchedule(normaliseSchedule(schedule, now, { seed: 'default/backup' }), {
    after: Date.parse(after),
    count,
  });
}

describe('marks', () => {
  test('a time that a gap moved', () => {
    const { entries, notes } = explain({ cron: '30 2 * * *', timezone: berlin }, '2027-03-26T12:00:00Z');
    expect(entries).toEqual([
      { at: '2027-03-27T01:30:00Z' },
      {
        at: '2027-03-28T01:30:00Z',
        mark: 'dst_shifted',
        note: 'moved from 02:30 to 03:30: the clock jumps over 02:30 that day',
      },
      { at: '2027-03-29T00:30:00Z' },
    ]);
    expect(notes).toEqual([]);
  });

  test('a time that runs before the gap', () => {
    const dst = { gap: 'before', overlap: 'first' } as const;
    expect(explain({ cron: '30 2 * * *', timezone: berlin, dst }, '2027-03-27T12:00:00Z').entries[0]).toEqual({
      at: '2027-03-28T00:59:59Z',
      mark: 'dst_gap',
      note: 'runs just before the clock jumps from 02:00 to 03:00',
    });
  });

  test('a time that a gap swallowed is missing, and a note says why', () => {
    const dst = { gap: 'skip', overlap: 'first' } as const;
    const { entries, notes } = explain({ cron: '30 2 * * *', timezone: berlin, dst }, '2027-03-26T12:00:00Z');
    expect(entries.map(({ at }) => at)).toEqual([
      '2027-03-27T01:30:00Z',
      '2027-03-29T00:30:00Z',
      '2027-03-30T00:30:00Z',
    ]);
    expect(notes).toEqual([
      {
        at: '2027-03-28T01:00:00Z',
        text: '02:30 does not exist in Europe/Berlin on 2027-03-28: the clock goes from 02:00 to 03:00, and nothing runs.',
      },
    ]);
  });

  test('both passes of an overlap', () => {
    const { entries } = explain({ cron: '0 * * * *', timezone: berlin }, '2027-10-30T23:00:00Z');
    expect(entries.map(({ mark }) => mark)).toEqual(['dst_overlap_first', 'dst_overlap_second', undefined]);
    expect(entries[1]?.note).toBe('02:00 occurs twice that day: this is the second pass');
  });

  test('in the zone of each part of a union', () => {
    const union = [
      { cron: '30 2 * * *', timezone: berlin },
      { cron: '30 2 * * *', timezone: 'America/New_York' },
    ];
    const { entries } = explain({ union }, '2027-03-13T12:00:00Z', 2);
    expect(entries).toMatchObject([
      { at: '2027-03-14T01:30:00Z' },
      { at: '2027-03-14T07:30:00Z', mark: 'dst_shifted' },
    ]);
  });
});

describe('what is missing', () => {
  test('an excluded time stands among the entries with its reason', () => {
    const exclude = [{ date: '2026-11-23', name: 'Stocktaking' }];
    const { entries, words } = explain({ cron: '0 9 * * *', exclude }, '2026-11-22T00:00:00Z', 2);
    expect(entries).toEqual([
      { at: '2026-11-22T09:00:00Z' },
      { at: '2026-11-23T09:00:00Z', excluded: 'Stocktaking' },
      { at: '2026-11-24T09:00:00Z' },
    ]);
    expect(words).toBe('at 09:00, UTC, except Stocktaking');
  });

  test('the end', () => {
    const { notes } = explain({ cron: '0 9 * * *', end: '2026-11-23T00:00:00Z' });
    expect(notes).toEqual([{ at: '2026-11-23T00:00:00Z', text: 'Nothing follows: the schedule ends.' }]);
    expect(explain({ at: '2026-11-22T09:00:00Z' }).notes).toEqual([{ text: 'Nothing follows.' }]);
    expect(explain({ every: '1h', maxRuns: 2 }).notes).toEqual([{ text: 'The job completes after 2 scheduled runs.' }]);
  });
});

describe('warnings', () => {
  const codes = (schedule: Schedule) => explain(schedule).warnings.map(({ code }) => code);

  test.each<[Schedule, string[]]>([
    [{ cron: '5 9 * * MON-FRI', timezone: berlin }, []],
    [{ cron: '5 9 13 * FRI' }, ['BOTH_DAY_FIELDS']],
    [{ cron: '5 9 13 * FRI', and: true }, []],
    [{ cron: '30 2 * * *', timezone: berlin }, ['DST_GAP_HOUR']],
    [{ cron: '30 2 * * *', timezone: 'Asia/Tokyo' }, []],
    [{ cron: '30 2 * 12 *', timezone: berlin }, []],
    [{ cron: '*/10 * * * *', timezone: berlin }, []],
    [{ rrule: 'FREQ=DAILY;BYHOUR=2;BYMINUTE=30', timezone: berlin }, ['DST_GAP_HOUR']],
    [{ cron: '* * * * * *' }, ['EVERY_SECOND']],
    [{ every: '1s' }, ['EVERY_SECOND']],
    [{ every: '2s' }, []],
    [{ cron: '0 0 * * *' }, ['ROUND_HOUR_HERD']],
    [{ cron: '@hourly' }, ['ROUND_HOUR_HERD']],
    [{ cron: 'CRON_TZ=Asia/Tokyo 0 * * * *' }, ['ROUND_HOUR_HERD']],
    [{ cron: '0 * * * *', jitter: '5m' }, []],
    [{ cron: 'H * * * *' }, []],
    [{ cron: '0 9 * * *' }, []],
    [{ cron: '1 0 * * *', exclude: [{ weekly: 'MON-SUN' }] }, ['NEVER']],
    [{ at: '2026-11-01T00:00:00Z' }, ['NEVER']],
    [{ immediate: true }, ['NEVER']],
  ])('%j', (schedule, expected) => expect(codes(schedule)).toEqual(expected));

  test('say what to write instead, and it can be written', () => {
    const [warning] = explain({ cron: '0 0 * * MON' }).warnings;
    const instead = /`(.*)` gives/.exec(warning?.hint ?? '')?.[1];
    expect(instead).toBe('H H(0-3) * * MON');
    expect(codes({ cron: instead })).toEqual([]);
  });
});
