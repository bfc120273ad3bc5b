import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor } from '../../../src/api/cursor.js';
import type { CarillonError } from '../../../src/core/errors.js';
import { KeyRing } from '../../../src/keyring/key-ring.js';

const ring = KeyRing.random();
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
    const cursor = encodeCursor(ring, query, key);
    expect(decodeCursor(ring, { state: ['paused'], project: 'p', list: 'jobs' }, cursor)).toEqual(key);
  });

  it('is refused when another installation issued it, and taken after the key was changed', () => {
    expect(codeOf(() => decodeCursor(KeyRing.random(), query, encodeCursor(ring, query, key)))).toBe('CURSOR_INVALID');
    const [one, other] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')];
    const before = encodeCursor(KeyRing.parse(one, 'X'), query, key);
    expect(decodeCursor(KeyRing.parse(`${other},${one}`, 'X'), query, before)).toEqual(key);
  });

  it('is opaque and fit for an address', () => {
    expect(encodeCursor(ring, query, key)).toMatch(/^[\w-]+$/);
  });

  it.each([
    ['another list', { ...query, list: 'runs' }],
    ['another project', { ...query, project: 'q' }],
    ['another filter', { ...query, state: ['running'] }],
    ['one filter more', { ...query, task: 'http' }],
  ])('is refused by a query with %s', (_, other) => {
    const cursor = encodeCursor(ring, query, key);
    expect(codeOf(() => decodeCursor(ring, other, cursor))).toBe('CURSOR_INVALID');
  });

  it('is refused when any character was altered', () => {
    const cursor = encodeCursor(ring, query, key);
    for (let at = 0; at < cursor.length; at += 1) {
      const altered = `${cursor.slice(0, at)}${cursor[at] === 'A' ? 'B' : 'A'}${cursor.slice(at + 1)}`;
      expect(codeOf(() => decodeCursor(ring, query, altered))).toBe('CURSOR_INVALID');
    }
  });

  it.each(['', 'x', '%%%', 'null', 'e30', `${'A'.repeat(2000)}`])('refuses %j', (text) => {
    expect(codeOf(() => decodeCursor(ring, query, text))).toBe('CURSOR_INVALID');
  });
});
