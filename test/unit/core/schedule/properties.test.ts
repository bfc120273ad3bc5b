import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { nextCron, previousCron } from '../../../../src/core/schedule/cron/cron.js';
import { type Cron, parseCron } from '../../../../src/core/schedule/cron/fields.js';
import { nextInterval, previousInterval } from '../../../../src/core/schedule/interval.js';
import { Zone } from '../../../../src/core/schedule/zone.js';
import type { Rules } from './cron-reference.js';

vi.setConfig({ testTimeout: 300_000 });

const runs = { numRuns: process.env.CARILLON_LONG_TESTS === '1' ? 20_000 : 600, seed: 4 };
const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Chatham', 'Pacific/Apia'];
const zone = fc.constantFrom(...zones, 'Asia/Beirut', 'Africa/Casablanca', 'America/Sao_Paulo', 'Pacific/Kwajalein');
const rules: fc.Arbitrary<Rules> = fc.record({
  gap: fc.constantFrom('skip', 'shift', 'before'),
  overlap: fc.constantFrom('first', 'last', 'both'),
});
const item = (min: number, max: number, more: string[] = []) =>
  fc.oneof(
    fc.constant('*'),
    fc.integer({ min, max }).map(String),
    fc.tuple(fc.integer({ min, max }), fc.integer({ min, max })).map(([from, to]) => `${from}-${to}`),
    fc.tuple(fc.integer({ min, max }), fc.integer({ min: 1, max })).map(([from, step]) => `${from}/${step}`),
    fc.constantFrom('H', ...more),
  );
const list = (min: number, max: number, more?: string[]) =>
  fc.array(item(min, max, more), { minLength: 1, maxLength: 3 }).map((items) => items.join(','));
const cron = fc
  .record({
    second: fc.oneof(fc.constant('0'), list(0, 59)),
    minute: list(0, 59, ['H/15', 'H(0-29)/10']),
    hour: fc.oneof(fc.constantFrom('*', '0', '2', '0-3'), list(0, 23)),
    date: list(1, 31, ['L', 'L-3', 'LW', '15W', '1W', '31W', '29', '31']),
    month: list(1, 12, ['FEB', 'NOV-FEB']),
    weekday: list(0, 7, ['5L', 'MON#2', 'SUN#5', 'FRI-MON']),
    year: fc.constantFrom('*', '*', '2016/4', '2024-2032', '2011,2018'),
    and: fc.boolean(),
    seed: fc.string(),
  })
  .chain(({ second, minute, hour, date, month, weekday, year, and, seed }) => {
    const expression = [second, minute, hour, date, month, weekday, year].join(' ');
    try {
      return fc.constant({ expression, cron: parseCron(expression, { and, seed }) });
    } catch {
      // It never matches.
      return fc.constant({ expression, cron: parseCron('0 0 29 2 *') });
    }
  });
const changes = [
  '2011-12-30T10:00Z',
  '1993-08-21T12:00Z',
  '2026-03-29T01:00Z',
  '2026-10-25T01:00Z',
  '2018-11-04T03:00Z',
];
const instant = fc.oneof(
  fc.integer({ min: Date.parse('1980-01-01'), max: Date.parse('2080-01-01') }),
  fc
    .tuple(
      fc.constantFrom(...changes, '2027-04-03T15:00Z', '2026-04-04T14:00Z'),
      fc.integer({ min: -10_000_000, max: 10_000_000 }),
    )
    .map(([at, around]) => Date.parse(at) + around),
);

describe('cron', () => {
  test('next and previous are inverse, and nothing lies between them', () => {
    fc.assert(
      fc.property(cron, zone, rules, instant, (given, timezone, dst, at) => {
        const where = Zone.of(timezone);
        const next = nextCron(given.cron, where, dst, at);
        const previous = previousCron(given.cron, where, dst, at + 1);
        if (next !== undefined) {
          expect(next).toBeGreaterThan(at);
          expect(previousCron(given.cron, where, dst, next)).toBe(previous);
          expect(previousCron(given.cron, where, dst, next + 1)).toBe(next);
        }
        if (previous !== undefined) {
          expect(previous).toBeLessThanOrEqual(at);
          expect(nextCron(given.cron, where, dst, previous)).toBe(next);
          expect(nextCron(given.cron, where, dst, previous - 1)).toBe(previous);
        }
      }),
      runs,
    );
  });

  test('next is the same for every instant since the one before, and then strictly later', () => {
    fc.assert(
      fc.property(
        cron,
        zone,
        rules,
        instant,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (given, timezone, dst, at, share) => {
          const where = Zone.of(timezone);
          const next = nextCron(given.cron, where, dst, at);
          if (next === undefined) return;
          expect(nextCron(given.cron, where, dst, at + Math.floor((next - 1 - at) * share))).toBe(next);
          const later = nextCron(given.cron, where, dst, next);
          if (later !== undefined) expect(later).toBeGreaterThan(next);
        },
      ),
      runs,
    );
  });

  /** Counts the months whose days are worked out; what happens within a month is a few table look-ups. */
  function counted(expression: string, and = false): { cron: Cron; months: () => number } {
    const read = parseCron(expression, { and });
    let months = 0;
    const daysOf = (length: number, first: number) => {
      months++;
      return read.daysOf(length, first);
    };
    return { cron: { ...read, daysOf }, months: () => months };
  }

  test.each([
    ['0 0 29 2 MON', '2044-02-29', 20],
    ['0 0 29 2 MON#5', '2044-02-29', 20],
    ['0 0 L 2 SUN#5', '2032-02-29', 10],
    ['0 0 0 31 12 * 2199', '2199-12-31', 2],
    ['0 0 0 29 2 * 2096-2104', '2096-02-29', 2],
  ])('%s, both days, takes few steps', (expression, day, most) => {
    const { cron: given, months } = counted(expression, true);
    const next = nextCron(
      given,
      Zone.of('Europe/Berlin'),
      { gap: 'shift', overlap: 'first' },
      Date.parse('2026-11-21'),
    );
    expect(new Date((next as number) + 2 * 3_600_000).toISOString().slice(0, 10)).toBe(day);
    expect(months()).toBeLessThanOrEqual(most + 8);
  });

  test('no expression makes it look at more months than the calendar has, twice over', () => {
    fc.assert(
      fc.property(cron, zone, rules, instant, (given, timezone, dst, at) => {
        let months = 0;
        const daysOf = (length: number, first: number) => {
          months++;
          return given.cron.daysOf(length, first);
        };
        const watched = { ...given.cron, daysOf };
        nextCron(watched, Zone.of(timezone), dst, at);
        previousCron(watched, Zone.of(timezone), dst, at);
        expect(months).toBeLessThan(230 * 12 * 2);
      }),
      runs,
    );
  });
});

describe('intervals', () => {
  const every = fc.record({
    months: fc.constantFrom(0, 0, 1, 3, 12),
    days: fc.constantFrom(0, 1, 7, 31),
    ms: fc.constantFrom(0, 5_400_000, 86_400_000),
  });
  test('next and previous are inverse, and next is strictly later', () => {
    fc.assert(
      fc.property(every, instant, instant, zone, rules, (length, anchor, at, timezone, dst) => {
        if (length.months + length.days + length.ms === 0) return;
        const where = Zone.of(timezone);
        const next = nextInterval(length, anchor, where, dst, at);
        expect(next).toBeGreaterThan(at);
        const previous = previousInterval(length, anchor, where, dst, next);
        expect(previous).toBe(previousInterval(length, anchor, where, dst, at + 1));
        expect(previous ?? anchor).toBeGreaterThanOrEqual(anchor);
        if (previous === undefined) expect(next).toBe(anchor);
        else expect(nextInterval(length, anchor, where, dst, previous)).toBe(next);
      }),
      runs,
    );
  });
});
