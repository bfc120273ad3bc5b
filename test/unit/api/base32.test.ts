import { describe, expect, it } from 'vitest';
import { base32 } from '../../../src/api/base32.js';

describe('base32', () => {
  // The examples of RFC 4648, without padding.
  it.each([
    ['', ''],
    ['f', 'my'],
    ['fo', 'mzxq'],
    ['foo', 'mzxw6'],
    ['foob', 'mzxw6yq'],
    ['fooba', 'mzxw6ytb'],
    ['foobar', 'mzxw6ytboi'],
  ])('writes %j as %j', (text, expected) => {
    expect(base32(Buffer.from(text))).toBe(expected);
  });
});
