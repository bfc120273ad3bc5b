import { describe, expect, test } from 'vitest';
import { pageOfRange } from '../../../../src/core/backfill/range.js';
import { selectTimes } from '../../../../src/core/backfill/selection.js';
import type { BackfillOrder } from '../../../../src/core/backfill/states.js';
import { isoTime } from '../../../../src/core/ids.js';
import { normaliseSchedule } from '../../../../src/core/schedule/index.js';
import type { NormalSchedule, Schedule } from '../../../../src/core/schedule/schema.js';

const at = (text: string) => Date.parse(text);
const created = at('2026-06-15T10:20:30Z');
const normal = (schedule: Schedule) => normaliseSchedule(schedule, created);

function walk(schedule: NormalSchedule, from: string, to: string, order: BackfillOrder, count: number): string[] {
  const times: string[] = [];
  for (let cursor: number | undefined, done = false; !done; ) {
    const page = pageOfRange(schedule, { from: at(from), to: at(to), order }, cursor, count);
    expect(page.occurrences.filter(({ excluded }) => excluded === undefined).length).toBeLessThanOrEqual(count);
    times.push(...page.occurrences.map((occurrence) => isoTime(occurrence.at)));
    ({ cursor, done } = page);
  }
  return times;
}

const cases: [string, Schedule, from: string, to: string, expected: number][] = [
  ['every second of an hour', { cron: '* * * * * *' }, '2026-01-01T00:00:00Z', '2026-01-01T01:00:00Z', 3600],
  ['quarters of an hour', { cron: '*/15 * * * *' }, '2026-01-01T00:00:00Z', '2026-01-03T00:00:00Z', 192],
  ['weekdays', { cron: '0 9 * * 1-5' }, '2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z', 22],
  ['29 February', { cron: '0 0 29 2 *' }, '2000-01-01T00:00:00Z', '2026-01-01T00:00:00Z', 7],
  ['dense, then nothing', { cron: '* * 1 1 *' }, '2025-01-01T00:00:00Z', '2026-01-01T00:00:00Z', 1440],
  [
    'an union with weekends left out',
    { union: [{ cron: '0 */6 * * *' }, { cron: '30 12 * * *' }], exclude: [{ weekly: 'SAT,SUN' }] },
    ...(['2026-01-01T00:00:00Z', '2026-03-01T00:00:00Z', 295] as const),
  ],
  [
    'weekends moved to Monday',
    { cron: '0 9 * * *', exclude: [{ weekly: 'SAT,SUN' }], onExcluded: 'next_working' },
    ...(['2026-01-03T00:00:00Z', '2026-02-01T00:00:00Z', 29] as const),
  ],
  ['@every', { cron: '@every 7m', jitter: '30s' }, '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', 206],
  ['a single time', { at: '2026-03-01T12:00:00Z' }, '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z', 1],
  ['nothing', { at: '2026-03-01T12:00:00Z' }, '2026-04-01T00:00:00Z', '2027-01-01T00:00:00Z', 0],
];

describe.each(cases)('%s', (_, schedule, from, to, expected) => {
  test.each([20, 500])('in pages of %i: the same both ways, ascending and descending', (count) => {
    const oldest = walk(normal(schedule), from, to, 'oldest', count);
    expect(oldest).toHaveLength(expected);
    expect(oldest).toEqual([...new Set(oldest)].sort());
    expect(walk(normal(schedule), from, to, 'newest', count)).toEqual(oldest.reverse());
  });
});

test('the beginning belongs to the range, the end does not', () => {
  const hourly = normal({ cron: '0 * * * *' });
  for (const order of ['oldest', 'newest'] as const) {
    const times = walk(hourly, '2026-01-01T00:00:00Z', '2026-01-01T03:00:00Z', order, 10);
    expect(times.sort()).toEqual(['2026-01-01T00:00:00Z', '2026-01-01T01:00:00Z', '2026-01-01T02:00:00Z']);
  }
});

describe('an interval counts back from its anchor', () => {
  test.each(['oldest', 'newest'] as const)('in hours, %s first', (order) => {
    const times = walk(normal({ every: '90m' }), '2026-06-15T00:00:00Z', '2026-06-15T06:00:00Z', order, 2);
    expect(times.sort()).toEqual([
      ...['2026-06-15T01:20:30Z', '2026-06-15T02:50:30Z', '2026-06-15T04:20:30Z', '2026-06-15T05:50:30Z'],
    ]);
  });

  test('in local days, across the change of the clock', () => {
    const daily = normal({ every: '1d', timezone: 'Europe/Berlin', anchor: '2026-04-02T08:00:00' });
    expect(walk(daily, '2026-03-27T00:00:00Z', '2026-03-31T00:00:00Z', 'oldest', 2)).toEqual([
      ...['2026-03-27T07:00:00Z', '2026-03-28T07:00:00Z', '2026-03-29T06:00:00Z', '2026-03-30T06:00:00Z'],
    ]);
  });

  test('but not past its start', () => {
    const bounded = normal({ every: '1h', anchor: '2026-06-15T10:00:00Z', start: '2026-06-15T04:00:00Z' });
    expect(walk(bounded, '2026-06-15T00:00:00Z', '2026-06-15T06:00:00Z', 'oldest', 10)).toEqual([
      ...['2026-06-15T04:00:00Z', '2026-06-15T05:00:00Z'],
    ]);
  });
});

test('a time runs by the rule and by how its last run ended; an excluded one never does', () => {
  const times = ['never', 'running', 'succeeded', 'failed', 'timed_out'] as const;
  const occurrences = times.map((_, index) => ({ at: index * 1000 }));
  const last = new Map(times.slice(1).map((state, index) => [isoTime((index + 1) * 1000), state as 'running']));
  const run = (rule: 'missing' | 'failed' | 'all') => {
    const selection = selectTimes([...occurrences, { at: 9000, excluded: 'calendar holidays' }], last, rule);
    expect(selection.excluded).toEqual([isoTime(9000)]);
    expect(selection.run.length + selection.skipped.length).toBe(times.length);
    return selection.run.map((time) => times[Date.parse(time) / 1000]);
  };
  expect(run('missing')).toEqual(['never']);
  expect(run('failed')).toEqual(['never', 'failed', 'timed_out']);
  expect(run('all')).toEqual([...times]);
});
