import type { FastifyRequest } from 'fastify';
import { CarillonError, show } from '../../../core/errors.js';

const safeMethods = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Browsers send cookies along with what other sites make them ask for. So what changes something by a cookie must come
 * from a page of this origin, and say so.
 * @throws CarillonError FORBIDDEN
 */
export function assertSameOrigin(request: FastifyRequest, publicUrl: string): void {
  if (safeMethods.includes(request.method)) return;
  const { origin, 'sec-fetch-site': site } = request.headers;
  const fits = (origin === undefined || origin === publicUrl) && (site === undefined || site === 'same-origin');
  if (fits && (origin !== undefined || site !== undefined)) return;
  throw new CarillonError('FORBIDDEN', `Expected \`Origin\` to be ${publicUrl}, got ${show(origin)}.`, {
    field: 'Origin',
    value: origin,
    hint: 'A session is for pages at CARILLON_PUBLIC_URL; programs use an API key or a token.',
  });
}
