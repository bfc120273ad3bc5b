import { timingSafeEqual } from 'node:crypto';
import { CarillonError, show } from '../core/errors.js';
import type { KeyRing } from '../keyring/key-ring.js';

/**
 * Makes page keys opaque. A cursor is signed, over the key and the query it was issued for, so one that was altered or
 * made up, or belongs to another query, is refused. What a caller may see, the query decides all the same.
 */
export function encodeCursor(ring: KeyRing, query: object, key: object): string {
  const body = JSON.stringify(key);
  const signature = ring.mac('cursor', signedText(query, body)).subarray(0, signatureLength);
  return Buffer.concat([signature, Buffer.from(body)]).toString('base64url');
}

/**
 * The inverse of {@link encodeCursor}.
 * @param query the procedure and its filters, page size and cursor left out
 * @throws CarillonError CURSOR_INVALID
 */
export function decodeCursor<Key extends object>(ring: KeyRing, query: object, cursor: string): Key {
  const bytes = Buffer.from(cursor, 'base64url');
  const body = bytes.subarray(signatureLength).toString();
  const given = bytes.subarray(0, signatureLength);
  const genuine =
    bytes.toString('base64url') === cursor &&
    given.length === signatureLength &&
    ring
      .macs('cursor', signedText(query, body))
      .some((mac) => timingSafeEqual(mac.subarray(0, signatureLength), given));
  if (!genuine) {
    throw new CarillonError(
      'CURSOR_INVALID',
      `Expected \`cursor\` to be one issued for this query, got ${show(cursor)}.`,
      {
        field: 'cursor',
        value: cursor,
        hint: 'Use `nextCursor` of the last answer with the same filters, or leave the cursor out to begin again.',
      },
    );
  }
  return JSON.parse(body) as Key;
}

const signatureLength = 16;

function signedText(query: object, body: string): string {
  const filters = Object.entries(query).filter(([, value]) => value !== undefined);
  return `${JSON.stringify(filters.sort(([a], [b]) => (a < b ? -1 : 1)))}\n${body}`;
}
