import { describe, expect, it } from 'vitest';
import { takenOut } from '../../../../src/core/schedule/exclusion/taken-out.js';
import type { CalendarRule } from '../../../../src/core/schedule/schema.js';

// A Saturday.
const from = Date.parse('2026-11-21T00:00:00Z');
const inDays = (days: number, ...rules: CalendarRule[]) =>
  takenOut({ rules }, from, from + days * 86_400_000).map(({ from: start, to, what }) => `${start} ${to} ${what}`);

describe('takenOut', () => {
  it('joins days that touch, and keeps those of other names apart', () => {
    const week: CalendarRule = { weekly: 'SAT,SUN', name: 'weekend' };
    expect(inDays(8, week, { date: '2026-11-23', name: 'a day off' })).toEqual([
      '2026-11-21T00:00 2026-11-23T00:00 weekend',
      '2026-11-23T00:00 2026-11-24T00:00 a day off',
      '2026-11-28T00:00 2026-11-29T00:00 weekend',
    ]);
  });

  it('knows hours, also past midnight, to the minute', () => {
    expect(inDays(3, { weekly: 'SUN 22:13-01:30', name: 'upkeep' })).toEqual([
      '2026-11-22T22:13 2026-11-23T01:30 upkeep',
    ]);
  });

  it('ends where it is to end, and may find nothing', () => {
    expect(inDays(2, { from: '2026-11-22', to: '2026-12-05', name: 'away' })).toEqual([
      '2026-11-22T00:00 2026-11-23T00:00 away',
    ]);
    expect(inDays(30, { yearly: '03-01' })).toEqual([]);
  });
});
