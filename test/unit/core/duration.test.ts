import { describe, expect, test } from 'vitest';
import { durationMs, formatDuration, parseDuration } from '../../../src/core/duration.js';

const ms = (text: string) => ({ months: 0, days: 0, ms: text ? durationMs(text) : 0 });

describe('parseDuration', () => {
  test.each([
    ['10s', ms('PT10S')],
    ['1h30m', ms('PT1H30M')],
    ['PT1H30M', { months: 0, days: 0, ms: 5_400_000 }],
    ['1d', { months: 0, days: 1, ms: 0 }],
    ['P1W', { months: 0, days: 7, ms: 0 }],
    ['P1Y2M', { months: 14, days: 0, ms: 0 }],
    ['PT0.5S', { months: 0, days: 0, ms: 500 }],
    ['PT0,25S', { months: 0, days: 0, ms: 250 }],
    ['500ms', { months: 0, days: 0, ms: 500 }],
    ['5m500ms', { months: 0, days: 0, ms: 300_500 }],
  ])('%s', (text, expected) => expect(parseDuration(text)).toEqual(expected));

  test.each(['', 'P', 'PT', '0s', 'PT0S', '-1h', '1.5h', '1h 30m', 'h', '10', 'PT1M1H', '101y', 'P200Y', '1m1h'])(
    'refuses %j',
    (text) => expect(() => parseDuration(text, 'every')).toThrow(expect.objectContaining({ code: 'DURATION_INVALID' })),
  );
});

test('months have no length of their own', () => {
  expect(() => durationMs('P1M')).toThrow(expect.objectContaining({ code: 'DURATION_INVALID' }));
  expect(durationMs('P1D')).toBe(86_400_000);
});

test.each([
  [0, 'PT0S'],
  [90_000, 'PT1M30S'],
  [1, 'PT0.001S'],
  [{ months: 14, days: 0, ms: 0 }, 'P1Y2M'],
  [{ months: 0, days: 1, ms: 3_600_000 }, 'P1DT1H'],
] as const)('formats %j as %s', (duration, text) => expect(formatDuration(duration)).toBe(text));

test('what is formatted reads back as the same', () => {
  for (const text of ['PT1H30M', 'P1DT1H', 'P1Y2M3DT4H5M6.007S', 'PT0.001S']) {
    expect(formatDuration(parseDuration(text))).toBe(text);
  }
});
