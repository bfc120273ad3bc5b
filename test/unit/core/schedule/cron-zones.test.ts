import { describe, expect, test, vi } from 'vitest';
import { nextCron, previousCron } from '../../../../src/core/schedule/cron/cron.js';
import { type Cron, parseCron } from '../../../../src/core/schedule/cron/fields.js';
import { Zone } from '../../../../src/core/schedule/zone.js';
import { localReader, matcher, occurrencesIn, type Rules, transitionsOf, walk } from './cron-reference.js';

vi.setConfig({ testTimeout: 300_000 });

/*
 * Beside the slow reference, around changes of the clock: every zone that has one from 2024 to 2032, and the strange
 * ones of the past. CARILLON_LONG_TESTS=1 takes every change of every zone, otherwise two of each.
 */
const long = process.env.CARILLON_LONG_TESTS === '1';
const hour = 3_600_000;
const from = Date.parse('2024-01-01T00:00:00Z');
const to = Date.parse('2033-01-01T00:00:00Z');

const byMinute = [
  '30 2 * * *',
  '0 0 * * *',
  '15 1,2,3 * * *',
  '*/20 0-3 * * *',
  '* 1-2 * * *',
  '59 23 * * *',
  '0 */2 * * *',
  '45 22-2 * * SAT-MON',
  '*/15 * * * *',
  '7 * * * *',
  '*/7 * * * SUN',
  '30 1 L,1 * *',
  '10 2 * * SUN#1,SUNL',
].map((expression) => ({ expression, ours: parseCron(expression), theirs: matcher(expression) }));
const bySecond = ['*/25 59 1-2 * * *', '15 */10 * * * *', '30,59 0,29,30,59 * * * SUN', '59 59 23,0-3 * * *'].map(
  (expression) => ({ expression, ours: parseCron(expression), theirs: matcher(expression) }),
);
const rules: Rules[] = (['shift', 'skip', 'before'] as const).flatMap((gap) =>
  (['first', 'last', 'both'] as const).map((overlap) => ({ gap, overlap })),
);

function forwards(cron: Cron, zone: Zone, dst: Rules, after: number, before: number): number[] {
  const found: number[] = [];
  for (let time = nextCron(cron, zone, dst, after - 1); time !== undefined && time < before; ) {
    found.push(time);
    time = nextCron(cron, zone, dst, time);
  }
  return found;
}

function backwards(cron: Cron, zone: Zone, dst: Rules, after: number, before: number): number[] {
  const found: number[] = [];
  for (let time = previousCron(cron, zone, dst, before); time !== undefined && time >= after; ) {
    found.unshift(time);
    time = previousCron(cron, zone, dst, time);
  }
  return found;
}

/** Differences from the reference around an instant, as text. Expressions take the rules in turn, or `each` of them. */
function differences(
  timezone: string,
  at: number,
  step: number,
  reach: number,
  which: Rules[],
  each = false,
): string[] {
  const zone = Zone.of(timezone);
  const [start, end] = [at - reach, at + reach];
  const walked = walk(localReader(timezone), start, end, step);
  return (step === 1000 ? bySecond : byMinute).flatMap(({ expression, ours, theirs }, index) =>
    (each ? which : [which[index % which.length] as Rules]).flatMap((dst) => {
      const expected = occurrencesIn(walked, theirs, dst).filter((time) => time < end);
      const found = [forwards, backwards].map((go) => go(ours, zone, dst, start, end));
      const label = `${expression} ${timezone} ${JSON.stringify(dst)}`;
      return found
        .filter((times) => times.join() !== expected.join())
        .map((times) => `${label}: ${times.map(iso)}, not ${expected.map(iso)}`);
    }),
  );
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

const zones = Intl.supportedValuesOf('timeZone').flatMap((timezone) => {
  const transitions = transitionsOf(localReader(timezone), from, to);
  return transitions.length > 0 ? [{ timezone, transitions }] : [];
});

test('there are zones to look at', () => expect(zones.length).toBeGreaterThan(100));

test.each(zones)('$timezone', ({ timezone, transitions }) => {
  const turn = timezone.length;
  const some = transitions.filter(
    (_, index) => long || index === turn % transitions.length || index === (turn + 1) % transitions.length,
  );
  for (const { at } of some) {
    expect(differences(timezone, at, 60_000, 27 * hour, [...rules.slice(turn % 9), ...rules], long)).toEqual([]);
  }
});

describe('by the second', () => {
  const some = zones.filter(({ timezone }, index) => long || index % 16 === 0 || /Lord_Howe|Chatham/.test(timezone));
  test.each(some)('$timezone', ({ timezone, transitions }) => {
    for (const { at } of transitions.slice(0, long ? undefined : 2)) {
      expect(
        differences(
          timezone,
          at,
          1000,
          1.5 * hour,
          rules.filter((_, index) => long || index % 4 === 0),
          true,
        ),
      ).toEqual([]);
    }
  });
});

test.each([
  ['America/Sao_Paulo', '2018-11-04T03:00:00Z', 'a gap at midnight'],
  ['America/Sao_Paulo', '2018-02-18T02:00:00Z', 'an overlap at midnight'],
  ['Asia/Beirut', '2024-03-30T22:00:00Z', 'a gap at midnight'],
  ['Africa/Cairo', '2024-04-25T22:00:00Z', 'a gap at midnight'],
  ['Australia/Lord_Howe', '2026-10-03T15:30:00Z', 'half an hour'],
  ['Australia/Lord_Howe', '2027-04-03T15:00:00Z', 'half an hour'],
  ['Pacific/Chatham', '2026-09-26T14:00:00Z', 'an offset of 45 minutes'],
  ['Pacific/Apia', '2011-12-30T10:00:00Z', 'a missing day'],
  ['Pacific/Kwajalein', '1993-08-21T12:00:00Z', 'a missing day'],
  ['Africa/Casablanca', '2026-03-22T02:00:00Z', 'back and forth within weeks'],
  ['Asia/Pyongyang', '2018-05-04T15:00:00Z', 'half an hour'],
  ['America/Caracas', '2016-05-01T07:00:00Z', 'half an hour'],
  ['Europe/Volgograd', '2020-12-26T22:00:00Z', 'a repeated hour in winter'],
  ['Antarctica/Troll', '2026-03-29T01:00:00Z', 'two hours'],
])('%s %s: %s, under all rules', (timezone, at) => {
  const [transition] = transitionsOf(localReader(timezone), Date.parse(at) - 50 * hour, Date.parse(at) + 50 * hour);
  expect(transition?.at).toBe(Date.parse(at));
  expect(differences(timezone, Date.parse(at), 60_000, 50 * hour, rules, true)).toEqual([]);
});

test.each([
  ['Pacific/Apia', '2011-12-28', '2012-01-02', 4],
  ['Pacific/Kwajalein', '1993-08-19', '1993-08-24', 4],
  ['America/Sao_Paulo', '2018-11-02', '2018-11-07', 5],
  ['Asia/Beirut', '2024-03-29', '2024-04-03', 5],
])('%s: a daily job runs exactly once on each day that exists', (timezone, first, end, days) => {
  const read = localReader(timezone);
  for (const expression of ['0 0 * * *', '30 0 * * *', '0 12 * * *', '59 23 * * *']) {
    const [after, before] = [first, end].map((day) => Zone.of(timezone).fromLocal(Date.parse(day))) as [number, number];
    const times = forwards(parseCron(expression), Zone.of(timezone), { gap: 'shift', overlap: 'first' }, after, before);
    expect(new Set(times.map((time) => iso(read(time)).slice(0, 10))).size).toBe(days);
    expect(times).toHaveLength(days);
  }
});

test('the table of a zone has every change where Intl has it', () => {
  const old = [
    { timezone: 'Europe/Berlin', transitions: [{ at: Date.parse('1995-03-26T01:00:00Z'), jump: hour }] },
    { timezone: 'Europe/London', transitions: [{ at: Date.parse('1986-10-26T01:00:00Z'), jump: -hour }] },
  ];
  // The old ones lie in the last two days of a block of the table, where a change was once found too late.
  for (const { timezone, transitions } of [...old, ...zones]) {
    for (const { at, jump } of transitions) {
      const { before, offset, start } = Zone.of(timezone).segmentAt(at);
      expect([timezone, start, offset - before]).toEqual([timezone, at, jump]);
    }
  }
});
