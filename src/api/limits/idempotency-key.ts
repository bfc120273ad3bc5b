import { createHash } from 'node:crypto';
import { CarillonError, show } from '../../core/errors.js';
import { stableJson } from '../../core/prepare.js';

/** A key as the header has it: bare, or as a string of RFC 9651 in quotes. */
const pattern = /^(?:"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,255})"|([\x21\x23-\x7e][\x21-\x7e]{0,254}))$/;

/**
 * The key of `Idempotency-Key`.
 * @throws CarillonError INPUT_INVALID
 */
export function readIdempotencyKey(header: string): string {
  const [, quoted, bare] = pattern.exec(header.trim()) ?? [];
  const key = quoted?.replaceAll(/\\(["\\])/g, '$1') ?? bare;
  if (key !== undefined) return key;
  throw new CarillonError(
    'INPUT_INVALID',
    `Expected \`Idempotency-Key\` to be 1-255 visible ASCII characters, got ${show(header)}.`,
    {
      field: 'Idempotency-Key',
      value: header,
      hint: 'Use a new UUID for each thing you want done, and the same one when you repeat the request.',
    },
  );
}

/** A request with a key. */
export interface KeyedRequest {
  key: string;
  callerId: string;
  method: string;
  /** Path and query. */
  url: string;
  /** As it was parsed. */
  body: unknown;
}

/** What the request is known by: caller, project and key. The key itself is not to be found in it. */
export function requestId({ callerId, key, url, body }: KeyedRequest): string {
  return sha256([callerId, projectOf(url, body), key]);
}

/** What is asked: equal for requests that ask the same, in whatever order the fields come. */
export function requestDigest({ key, method, url, body }: KeyedRequest): string {
  return sha256([key, method, url, stableJson(body)]);
}

/** The project a request names, in its query or its body; a batch of one has its input under `0`. */
function projectOf(url: string, body: unknown): string {
  const query = url.indexOf('?');
  const named = query < 0 ? null : new URLSearchParams(url.slice(query)).get('project');
  const { project = (body as { 0?: { project?: unknown } } | undefined)?.[0]?.project } = (body ?? {}) as {
    project?: unknown;
  };
  return named ?? (typeof project === 'string' ? project : 'default');
}

function sha256(parts: string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
