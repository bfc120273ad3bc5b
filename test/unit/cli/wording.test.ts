import { expect, it } from 'vitest';
import { missedText, whyOf } from '../../../src/cli/wording.js';

const first = '2026-11-21T09:00:00Z';
const last = '2026-11-21T12:00:00Z';

it.each([
  [{ policy: 'drop' as const, count: 0 }, undefined, 'nothing so far'],
  [
    { policy: 'drop' as const, count: 1, first, last: first },
    undefined,
    `1 occurrence, ${first}; on resuming none of them runs (drop)`,
  ],
  [
    { policy: 'last' as const, count: 4, first, last },
    undefined,
    `4 occurrences, ${first} to ${last}; on resuming the last of them runs (${last}) (last)`,
  ],
  [
    { policy: 'drop' as const, count: 4, first, last },
    'all' as const,
    `4 occurrences, ${first} to ${last}; on resuming all of them run, one after another (all)`,
  ],
])('%j, asked for %j: %s', (missed, policy, text) => {
  expect(missedText(missed, policy)).toBe(text);
});

it('says why with what there is', () => {
  expect(whyOf({ reason: 'excluded', detail: 'calendar holidays' })).toBe('excluded: calendar holidays');
  expect(whyOf({ reason: 'paused' })).toBe('paused');
  expect(whyOf({ error: { code: 'TASK_FAILED', message: 'no' }, reason: 'replaced' })).toBe('TASK_FAILED: no');
  expect(whyOf({})).toBe('');
});
