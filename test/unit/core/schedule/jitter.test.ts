import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isoTime } from '../../../../src/core/ids.js';
import { normaliseSchedule, planSchedule } from '../../../../src/core/schedule/index.js';
import type { Schedule } from '../../../../src/core/schedule/schema.js';

const now = Date.parse('2026-11-21T09:00:00Z');
const plan = (schedule: Schedule, seed = 'default/a', after = now, count = 200) =>
  planSchedule(normaliseSchedule(schedule, now, { seed }), after, count).occurrences;
const delays = (schedule: Schedule, seed?: string) =>
  plan(schedule, seed).map(({ at, effectiveAt }) => (effectiveAt ?? at) - at);

test('jitter is drawn for each run, from nothing to its whole, and evenly', () => {
  const drawn = delays({ every: '1h', jitter: '10m' });
  expect(new Set(drawn).size).toBeGreaterThan(190);
  expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...drawn)).toBeLessThanOrEqual(600_000);
  const mean = drawn.reduce((sum, delay) => sum + delay, 0) / drawn.length;
  expect(mean).toBeGreaterThan(250_000);
  expect(mean).toBeLessThan(350_000);
});

test('a share is one of the time to the next occurrence', () => {
  const drawn = plan({ cron: '0 0,1 * * *', jitter: '50%' });
  const gaps = drawn.slice(1).map(({ at }, index) => at - (drawn[index] as { at: number }).at);
  drawn.slice(0, -1).forEach(({ at, effectiveAt = at }, index) => {
    expect(effectiveAt - at).toBeLessThanOrEqual((gaps[index] as number) / 2);
  });
  expect(Math.max(...drawn.map(({ at, effectiveAt = at }) => effectiveAt - at))).toBeGreaterThan(3_600_000);
});

test('a window is drawn once for a job, and differs between jobs', () => {
  const of = (seed: string) => new Set(delays({ every: '1h', window: '30m' }, seed));
  expect(of('default/a').size).toBe(1);
  expect(new Set(['a', 'b', 'c', 'd'].flatMap((job) => [...of(`default/${job}`)])).size).toBe(4);
});

test('the same run has the same time for ever', () => {
  const [first] = plan({ every: 'PT1H', anchor: '2026-11-21T09:00Z', jitter: 'PT10M' }, 'default/backup', now, 1);
  expect(isoTime(first?.effectiveAt ?? 0)).toBe('2026-11-21T10:07:20.451Z');
});

test('whatever is asked for: stable, in bounds, before the next occurrence and before the end', () => {
  const spread = fc.oneof(
    fc.record({ jitter: fc.constantFrom('1s', '90s', '2h', '10%', '100%') }),
    fc.record({ window: fc.constantFrom('1s', '15m', '2h') }),
  );
  const cron = fc.constantFrom('* * * * * *', '*/7 * * * *', '0 9 * * MON', '@hourly');
  fc.assert(
    fc.property(spread, cron, fc.string(), fc.integer({ min: 0, max: 20 }), (later, expression, seed, skipped) => {
      const schedule: Schedule = { cron: expression, end: '2026-12-20T12:00:00Z', ...later };
      const occurrences = plan(schedule, seed, now, 40);
      const end = Date.parse('2026-12-20T12:00:00Z');
      occurrences.forEach(({ at, effectiveAt }, index) => {
        if (effectiveAt === undefined) return;
        expect(effectiveAt).toBeGreaterThan(at);
        expect(effectiveAt).toBeLessThanOrEqual(Math.min(end, (occurrences[index + 1]?.at ?? end + 1000) - 1000));
      });
      const from = occurrences[Math.min(skipped, occurrences.length - 1)]?.at ?? now;
      const again = plan(schedule, seed, from, 5);
      expect(again).toEqual(
        occurrences
          .filter(({ at }) => at > from)
          .slice(0, 5)
          .slice(0, again.length),
      );
    }),
    { numRuns: 60 },
  );
});

test.each([
  [{ jitter: '0%' }, 'SCHEDULE_INVALID', 'schedule.jitter'],
  [{ jitter: '101%' }, 'SCHEDULE_INVALID', 'schedule.jitter'],
  [{ jitter: 'soon' }, 'DURATION_INVALID', 'schedule.jitter'],
  [{ jitter: 'P1M' }, 'DURATION_INVALID', 'schedule.jitter'],
  [{ window: 'P1M' }, 'DURATION_INVALID', 'schedule.window'],
])('refuses %j', (later, code, field) => {
  expect(() => normaliseSchedule({ every: '1h', ...later }, now)).toThrow(
    expect.objectContaining({ code, details: expect.objectContaining({ field }) }),
  );
});
