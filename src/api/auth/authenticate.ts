import type { FastifyRequest } from 'fastify';
import { CarillonError } from '../../core/errors.js';
import { type Caller, nobody } from '../access/caller.js';
import type { Authenticator } from './authenticator.js';

/**
 * Who asks, by the first authenticator that knows the kind of credentials; `nobody` when there are none.
 * @throws CarillonError UNAUTHENTICATED
 */
export async function authenticate(authenticators: readonly Authenticator[], request: FastifyRequest): Promise<Caller> {
  for (const authenticator of authenticators) {
    const caller = await authenticator.authenticate(request);
    if (caller) return caller;
  }
  if (request.headers.authorization === undefined) return nobody;
  throw new CarillonError('UNAUTHENTICATED', 'Expected `Authorization: Bearer …` with an API key or a token.', {
    field: 'Authorization',
    hint: 'See docs/access.md for the kinds of credentials.',
  });
}

export function noCredentials(): CarillonError {
  return new CarillonError('UNAUTHENTICATED', 'Expected `Authorization: Bearer …`, got no credentials.', {
    field: 'Authorization',
    hint: 'Send an API key or a token of your identity provider; `npm start` prints a first key.',
  });
}
