import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { CarillonError } from '../../../src/core/errors.js';
import { KeyRing } from '../../../src/keyring/key-ring.js';

const first = randomBytes(32).toString('base64');
const second = randomBytes(32).toString('base64');
const message = Buffer.from('hunter2 🔔');

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return error instanceof CarillonError ? error.code : String(error);
  }
  return 'none';
}

test('what a ring sealed it opens, for the same purpose and context only', () => {
  const ring = KeyRing.parse(first, 'X');
  const sealed = ring.seal('secret', message, 'sales/smtp');
  expect(ring.open('secret', sealed, 'sales/smtp')).toEqual(message);
  expect(sealed.includes('hunter2')).toBe(false);
  expect(ring.seal('secret', message, 'sales/smtp')).not.toEqual(sealed);
  expect(codeOf(() => ring.open('payload', sealed, 'sales/smtp'))).toBe('DECRYPTION_FAILED');
  expect(codeOf(() => ring.open('secret', sealed, 'sales/other'))).toBe('DECRYPTION_FAILED');
});

test('a changed byte anywhere is noticed', () => {
  const ring = KeyRing.parse(first, 'X');
  const sealed = ring.seal('payload', message);
  for (let at = 0; at < sealed.length; at++) {
    const altered = Buffer.from(sealed);
    altered[at] = (altered[at] as number) ^ 1;
    expect(codeOf(() => ring.open('payload', altered))).toMatch(/^(DECRYPTION_FAILED|ENCRYPTION_KEY_UNKNOWN)$/);
  }
  expect(codeOf(() => ring.open('payload', sealed.subarray(0, 40)))).toBe('DECRYPTION_FAILED');
});

test('a new key in front seals; the earlier one still opens', () => {
  const before = KeyRing.parse(first, 'X');
  const sealed = before.seal('secret', message);
  const rotated = KeyRing.parse(`${second}, ${first}`, 'X');
  expect(rotated.open('secret', sealed)).toEqual(message);
  expect([rotated.isCurrent(sealed), rotated.isCurrent(rotated.seal('secret', message))]).toEqual([false, true]);
  expect(codeOf(() => KeyRing.parse(second, 'X').open('secret', sealed))).toBe('ENCRYPTION_KEY_UNKNOWN');
  expect(rotated.macs('api-key', 'a')).toEqual([rotated.mac('api-key', 'a'), before.mac('api-key', 'a')]);
  expect(rotated.mac('api-key', 'a')).not.toEqual(rotated.mac('session', 'a'));
});

test.each(['', 'short', `${first},short`])(
  'a setting that holds no keys is refused without being shown: %j',
  (text) => {
    expect(codeOf(() => KeyRing.parse(text, 'CARILLON_SECRET_KEY'))).toBe('CONFIG_INVALID');
    expect(() => KeyRing.parse(text, 'CARILLON_SECRET_KEY')).not.toThrow(/short/);
  },
);

test('a ring knows whether what it sealed can be opened later, by its owner alone', () => {
  expect(KeyRing.parse(first, 'X').durable).toBe(true);
  expect(KeyRing.random().durable).toBe(false);
  expect(KeyRing.wellKnown().durable).toBe(false);
  expect(KeyRing.wellKnown().mac('cursor', message)).toEqual(KeyRing.wellKnown().mac('cursor', message));
});
