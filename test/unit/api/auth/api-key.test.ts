import { describe, expect, it } from 'vitest';
import { isApiKey, keyForm, makeApiKey, shownPrefix } from '../../../../src/api/auth/api-key.js';

describe('an API key', () => {
  it('has the same form whatever the random bits, also at both ends', () => {
    for (const bits of [new Uint8Array(32), new Uint8Array(32).fill(255), new Uint8Array(32).fill(1)]) {
      const key = makeApiKey(() => bits);
      expect(key).toMatch(keyForm);
      expect(key).toHaveLength(53);
      expect(isApiKey(key)).toBe(true);
    }
    expect(makeApiKey(() => new Uint8Array(32))).toMatch(/^car_0{43}/);
  });

  it('is kept for good: what was a key stays one', () => {
    expect(isApiKey('car_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf2DjnU4')).toBe(true);
  });

  it('is another one each time, with 256 bits asked for', () => {
    const sizes: number[] = [];
    makeApiKey((bytes) => {
      sizes.push(bytes);
      return new Uint8Array(bytes);
    });
    expect(sizes).toEqual([32]);
    expect(new Set(Array.from({ length: 100 }, () => makeApiKey())).size).toBe(100);
  });

  it('is no key any more with any one character changed, in another case, cut off or with more behind', () => {
    const key = makeApiKey();
    for (let place = 0; place < key.length; place += 1) {
      const other = key[place] === 'a' ? 'b' : 'a';
      expect(isApiKey(key.slice(0, place) + other + key.slice(place + 1)), `place ${place}`).toBe(false);
    }
    for (const text of [key.toUpperCase(), key.toLowerCase(), key.slice(0, -1), `${key}a`, ` ${key}`, `${key}\n`, ''])
      expect(isApiKey(text)).toBe(false);
  });

  it('shows its first 12 characters in lists', () => {
    const key = makeApiKey();
    expect(shownPrefix(key)).toBe(key.slice(0, 12));
  });
});
