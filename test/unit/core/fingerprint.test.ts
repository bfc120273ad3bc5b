import { expect, test } from 'vitest';
import { errorFingerprint } from '../../../src/core/fingerprint.js';

const of = (message: string, code = 'TASK_FAILED') => errorFingerprint({ code, message });

test.each([
  ['a number', 'row 17 is bad', 'row 4003 is bad'],
  ['a time', 'no feed at 2026-11-21T09:00:00Z', 'no feed at 2027-01-04T17:30:00.123Z'],
  [
    'a UUID',
    'order 0f4a3a0e-9a3d-4a5e-8d5a-112233445566 is gone',
    'order 9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d is gone',
  ],
  ['hex', 'block 0xdeadbeef and 9f86d081884c7d65', 'block 0x01 and 60303ae22b998861'],
  ['a quoted value', 'no column "price"', 'no column "the \\"other\\" one"'],
  ['an apostrophed value', "expected 'a', got 'b'", "expected 'c', got 'd'"],
  ['an id', 'customer cus_9s6XKzkNRiz8i3 is unknown', 'customer cus_4QFJOjw2pOmAGJ is unknown'],
  ['an address', 'connect ECONNREFUSED 127.0.0.1:5432', 'connect ECONNREFUSED 10.1.2.3:6543'],
  ['white space', 'line\n one', 'line  one'],
])('%s makes no difference', (_, one, other) => {
  expect(of(one)).toBe(of(other));
});

test.each([
  ['another code', of('no', 'A'), of('no', 'B')],
  ['other words', of('no such table'), of('no such column')],
])('%s makes one', (_, one, other) => {
  expect(one).not.toBe(other);
});

test('it is readable, and bounded', () => {
  expect(of('Expected status 200-299 from https://x.example, got 503: busy', 'HTTP_STATUS')).toBe(
    'HTTP_STATUS Expected status # from https://x.example, got #: busy',
  );
  expect(of('word '.repeat(1000)).length).toBeLessThanOrEqual(300);
});

test('a long message of one kind of character takes no time', () => {
  for (const part of ['"', "'", '\\', 'a', '0', 'a-', '_'])
    expect(of(part.repeat(2000)).length).toBeLessThanOrEqual(300);
});
