import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor } from '../../../src/api/cursor.js';
import type { CarillonError } from '../../../src/core/errors.js';

const query = { list: 'jobs', project: 'p', state: ['paused'], task: undefined };
const key = { at: '2026-11-21T09:00:00Z', jobId: 'bäckup' };

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as CarillonError).code;
  }
  return 'none';
}

describe('cursor', () => {
  it('gives back the key it was made of, in whatever order the filters come', () => {
    const cursor = encodeCursor(query, key);
    expect(decodeCursor({ state: ['paused'], project: 'p', list: 'jobs' }, cursor)).toEqual(key);
  });

  it('is opaque and fit for an address', () => {
    expect(encodeCursor(query, key)).toMatch(/^[\w-]+$/);
  });

  it.each([
    ['another list', { ...query, list: 'runs' }],
    ['another project', { ...query, project: 'q' }],
    ['another filter', { ...query, state: ['running'] }],
    ['one filter more', { ...query, task: 'http' }],
  ])('is refused by a query with %s', (_, other) => {
    const cursor = encodeCursor(query, key);
    expect(codeOf(() => decodeCursor(other, cursor))).toBe('CURSOR_INVALID');
  });

  it('is refused when any character was altered', () => {
    const cursor = encodeCursor(query, key);
    for (let at = 0; at < cursor.length; at += 1) {
      const altered = `${cursor.slice(0, at)}${cursor[at] === 'A' ? 'B' : 'A'}${cursor.slice(at + 1)}`;
      expect(codeOf(() => decodeCursor(query, altered))).toBe('CURSOR_INVALID');
    }
  });

  it.each(['', 'x', '%%%', 'null', 'e30', `${'A'.repeat(2000)}`])('refuses %j', (text) => {
    expect(codeOf(() => decodeCursor(query, text))).toBe('CURSOR_INVALID');
  });
});
