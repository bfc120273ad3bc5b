import { Cron as Croner } from 'croner';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { nextCron } from '../../../../src/core/schedule/cron/cron.js';
import { parseCron } from '../../../../src/core/schedule/cron/fields.js';
import { Zone } from '../../../../src/core/schedule/zone.js';
import { localReader, type Rules, transitionsOf } from './cron-reference.js';

vi.setConfig({ testTimeout: 300_000 });

/* Beside croner. Where it differs is listed in docs/cron.md, and each difference has its test at the end. */
const hour = 3_600_000;
const shift: Rules = { gap: 'shift', overlap: 'first' };

function ours(expression: string, timezone: string, dst: Rules, after: number, before: number, count = 1000): number[] {
  const cron = parseCron(expression);
  const found: number[] = [];
  let time = nextCron(cron, Zone.of(timezone), dst, after);
  for (
    ;
    time !== undefined && time < before && found.length < count;
    time = nextCron(cron, Zone.of(timezone), dst, time)
  ) {
    found.push(time);
  }
  return found;
}

function theirs(expression: string, timezone: string, after: number, before: number, count = 1000): number[] {
  const cron = new Croner(expression, { timezone });
  const found: number[] = [];
  let time = cron.nextRun(new Date(after));
  for (; time && time.getTime() < before && found.length < count; time = cron.nextRun(time)) found.push(time.getTime());
  return found;
}

const number = (min: number, max: number) => fc.integer({ min, max });
const range = (min: number, max: number) =>
  fc.tuple(number(min, max), number(min, max)).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);
const item = (min: number, max: number) =>
  fc.oneof(
    number(min, max).map(String),
    range(min, max),
    fc.tuple(range(min, max), number(1, max)).map(([values, step]) => `${values}/${step}`),
    number(1, max).map((step) => `*/${step}`),
  );
const field = (min: number, max: number, more: string[] = []) =>
  fc.oneof(
    { weight: 2, arbitrary: fc.constant('*') },
    { weight: 3, arbitrary: fc.array(item(min, max), { minLength: 1, maxLength: 3 }).map((items) => items.join(',')) },
    ...(more.length > 0 ? [{ weight: 1, arbitrary: fc.constantFrom(...more) }] : []),
  );
const expressions = fc
  .tuple(
    field(0, 59),
    field(0, 59),
    field(0, 23),
    field(1, 28, ['L', '29', '31', '30,L']),
    field(1, 12, ['2', 'FEB,DEC']),
    field(0, 6, ['MON#1', 'FRI#5', 'SUN#2,SUN#4', '7', 'MON-FRI', '5-7']),
  )
  .map(([second, minute, hour, date, month, weekday]) => {
    // Croner walks past the end of a short February, see the end of this file.
    const past = /^\*\/|,\*\/|3[01]/.test(date) || (date !== '*' && weekday !== '*');
    return [second, minute, hour, date, past ? '1,3-12' : month, weekday].join(' ');
  });
const starts = fc.oneof(
  fc
    .integer({ min: Date.parse('1990-01-01') / 1000, max: Date.parse('2090-01-01') / 1000 })
    .map((seconds) => seconds * 1000),
  fc.constantFrom(
    ...['2024-02-28', '2026-12-31', '2027-02-28', '2028-02-28', '2099-12-31'].map((day) => Date.parse(day)),
  ),
);

test('any expression both understand, across leap years and year ends', () => {
  fc.assert(
    fc.property(expressions, starts, (expression, after) => {
      expect(ours(expression, 'UTC', shift, after, Number.POSITIVE_INFINITY, 8)).toEqual(
        theirs(expression, 'UTC', after, Number.POSITIVE_INFINITY, 8),
      );
    }),
    { numRuns: process.env.CARILLON_LONG_TESTS === '1' ? 5000 : 120, seed: 4 },
  );
});

const zones = Intl.supportedValuesOf('timeZone').flatMap((timezone, index) => {
  const from = Date.parse(`${2024 + (index % 9)}-01-01T00:00:00Z`);
  const transitions = transitionsOf(localReader(timezone), from, from + 366 * 24 * hour).slice(0, 2);
  return transitions.length > 0 ? [{ timezone, transitions }] : [];
});

/** Which pass of an overlap croner takes depends on the side of Greenwich the zone is on afterwards. */
test.each(zones)('$timezone: once a day, around changes of the clock', ({ timezone, transitions }) => {
  for (const { at } of transitions) {
    const dst: Rules = { gap: 'shift', overlap: Zone.of(timezone).segmentAt(at).offset < 0 ? 'first' : 'last' };
    for (const expression of ['0 0 * * *', '30 1 * * *', '30 2 * * *', '59 23 * * *']) {
      const window = [at - 30 * hour, at + 30 * hour] as const;
      expect([expression, ...ours(expression, timezone, dst, ...window)]).toEqual([
        expression,
        ...theirs(expression, timezone, ...window),
      ]);
    }
  }
});

describe('where croner differs', () => {
  const berlin = 'Europe/Berlin';
  const times = (found: number[]) => found.map((time) => new Date(time).toISOString().slice(11, 16));
  const both = (expression: string, timezone: string, after: string, before: string) => {
    const window = [Date.parse(after) - 1000, Date.parse(before)] as const;
    return [times(ours(expression, timezone, shift, ...window)), times(theirs(expression, timezone, ...window))];
  };

  test('a local time that occurs twice, east of Greenwich: the second pass', () => {
    expect(both('30 2 * * *', berlin, '2026-10-25T00:00Z', '2026-10-25T03:00Z')).toEqual([['00:30'], ['01:30']]);
  });

  test('a fixed rate in an overlap: one pass is lost', () => {
    expect(both('*/30 * * * *', berlin, '2026-10-24T23:30Z', '2026-10-25T02:30Z')).toEqual([
      ['23:30', '00:00', '00:30', '01:00', '01:30', '02:00'],
      ['23:30', '01:00', '01:30', '02:00'],
    ]);
  });

  test('several local times in a gap: all but the first are lost', () => {
    expect(both('0,20,40 2 * * *', berlin, '2026-03-29T00:00Z', '2026-03-29T12:00Z')).toEqual([
      ['01:00', '01:20', '01:40'],
      ['01:00'],
    ]);
  });

  test('a fixed rate in a gap of half an hour: a reading that does not exist runs', () => {
    expect(both('7 * * * *', 'Australia/Lord_Howe', '2026-10-03T14:30Z', '2026-10-03T17:30Z')).toEqual([
      ['14:37', '16:07', '17:07'],
      ['14:37', '15:37', '16:07', '17:07'],
    ]);
  });

  test.each([
    ['0 0 1 * TUE', 'UTC', ['03-01', '03-02'], ['03-02']],
    ['0 0 1,31 * *', 'UTC', ['03-01'], []],
  ])('%s at the end of a short February: the 1st of March is lost', (expression, timezone, we, they) => {
    const window = [Date.parse('2027-02-28'), Date.parse('2027-03-03')] as const;
    const days = (found: number[]) => found.map((time) => new Date(time).toISOString().slice(5, 10));
    expect(days(ours(expression, timezone, shift, ...window))).toEqual(we);
    expect(days(theirs(expression, timezone, ...window))).toEqual(they);
  });

  test('a day field of ? is the day of reading', () => {
    const window = [Date.parse('2026-11-01'), Date.parse('2026-11-29')] as const;
    expect(ours('0 12 * * ?', 'UTC', shift, ...window)).toHaveLength(28);
    expect(theirs('0 12 * * ?', 'UTC', ...window)).toHaveLength(4);
  });

  test('5L is every Friday', () => {
    expect(ours('0 0 * * 5L', 'UTC', shift, Date.parse('2026-11-01'), Date.parse('2026-12-01'))).toHaveLength(1);
    expect(theirs('0 0 * * 5L', 'UTC', Date.parse('2026-11-01'), Date.parse('2026-12-01'))).toHaveLength(4);
  });

  test.each([
    '0 0 15W * *',
    '0 0 LW * *',
    '0 0 L-3 * *',
    '0 0 * * FRI-MON',
    '0 22-2 * * *',
    'H * * * *',
    '0 0 0 1 1 * 2030',
    '0 0 * * 7/2',
  ])('%s is refused', (expression) => {
    expect(() => new Croner(expression, { timezone: 'UTC' }).nextRun()).toThrow();
    expect(ours(expression, 'UTC', shift, Date.parse('2026-11-01'), Number.POSITIVE_INFINITY, 1)).toHaveLength(1);
  });

  test.each(['? * * * *', '0 0 * * MON#L'])('%s is read', (expression) => {
    expect(new Croner(expression, { timezone: 'UTC' }).nextRun()).not.toBeNull();
    expect(() => parseCron(expression)).toThrow(expect.objectContaining({ code: 'CRON_INVALID' }));
  });
});
