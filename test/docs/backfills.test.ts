import { expect, test } from 'vitest';
import { selectTimes } from '../../src/core/backfill/selection.js';
import { backfillTransitions, rerunRules } from '../../src/core/backfill/states.js';
import { codesIn, readPage, tableOf } from './pages.js';

const page = readPage('docs/backfills.md');

test('the table of states is that of the code', () => {
  const written = tableOf(page, 'State', 'Meaning', 'Goes on to').map(([state, , next]) => [
    codesIn(state ?? '')[0],
    codesIn(next ?? ''),
  ]);
  expect(Object.fromEntries(written)).toEqual(backfillTransitions);
});

test('the table of what runs again is what the code does', () => {
  const last = ['succeeded', 'failed', 'running', undefined] as const;
  const known = rerunRules.map((rule) => [
    rule,
    ...last.map((state) => {
      const before = new Map(state === undefined ? [] : [['1970-01-01T00:00:00Z', state]]);
      return selectTimes([{ at: 0 }], before, rule).run.length === 1 ? 'runs' : 'left out';
    }),
  ]);
  const written = tableOf(page, '`rerun`').map(([rule, ...cells]) => [codesIn(rule ?? '')[0], ...cells]);
  expect(written).toEqual(known);
});
