import { createHash } from 'node:crypto';
import { CarillonError, show } from '../core/errors.js';

/**
 * Makes page keys opaque. A cursor carries a checksum over the key and the query it was issued for, so one that was
 * altered, or belongs to another query, is refused. It guards against mistakes; what a caller may see, the query decides.
 */
export function encodeCursor(query: object, key: object): string {
  const body = JSON.stringify(key);
  return Buffer.concat([checksum(query, body), Buffer.from(body)]).toString('base64url');
}

/**
 * The inverse of {@link encodeCursor}.
 * @param query the procedure and its filters, page size and cursor left out
 * @throws CarillonError CURSOR_INVALID
 */
export function decodeCursor<Key extends object>(query: object, cursor: string): Key {
  const bytes = Buffer.from(cursor, 'base64url');
  const body = bytes.subarray(checksumLength).toString();
  const genuine =
    bytes.toString('base64url') === cursor && bytes.subarray(0, checksumLength).equals(checksum(query, body));
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

const checksumLength = 12;

function checksum(query: object, body: string): Buffer {
  const filters = Object.entries(query).filter(([, value]) => value !== undefined);
  const hash = createHash('sha256').update(JSON.stringify(filters.sort(([a], [b]) => (a < b ? -1 : 1))));
  return hash.update('\n').update(body).digest().subarray(0, checksumLength);
}
