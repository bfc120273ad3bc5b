import type { IncomingHttpHeaders } from 'node:http';
import { CarillonError } from '../../core/errors.js';
import { keyStart } from './api-key.js';

/**
 * The API key of a request, as `Authorization: Bearer car_…` or `X-API-Key`. Keys stand in headers alone: addresses are
 * written into logs.
 * @returns undefined when there is none; other bearer tokens are no keys
 * @throws CarillonError UNAUTHENTICATED when there are two
 */
export function presentedKey(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
  const named = headers['x-api-key'];
  if (named === undefined) return bearer?.startsWith(keyStart) ? bearer : undefined;
  if (headers.authorization === undefined && typeof named === 'string') return named;
  throw new CarillonError('UNAUTHENTICATED', 'Expected credentials in one header, got them in two.', {
    field: 'X-API-Key',
    hint: 'Send `Authorization` or `X-API-Key`, and only once.',
  });
}
