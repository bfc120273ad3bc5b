import { expect, test } from 'vitest';
import { actionStates, operationActions, operationTransitions } from '../../src/core/operations.js';
import { codesIn, readPage, tableOf } from './pages.js';

const page = readPage('docs/bulk.md');

test('the table of states is that of the code', () => {
  const written = tableOf(page, 'State', 'Meaning', 'Goes on to').map(([state, , next]) => [
    codesIn(state ?? '')[0],
    codesIn(next ?? ''),
  ]);
  expect(Object.fromEntries(written)).toEqual(operationTransitions);
});

test('the table of actions says what each is for', () => {
  const written = tableOf(page, 'Action').map(([action, which]) => [codesIn(action ?? '')[0], codesIn(which ?? '')]);
  const known = operationActions.map((action) => [action, action === 'retry' ? [] : [...actionStates[action]]]);
  expect(written).toEqual(known);
});
