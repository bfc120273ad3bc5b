import type { FastifyRequest } from 'fastify';
import type { Caller } from '../access/caller.js';

/** One way of telling who asks. */
export interface Authenticator {
  /**
   * The caller; undefined when the request has no credentials of this kind.
   * @throws CarillonError UNAUTHENTICATED when it has, and they are not good; never telling more of the reason than the
   *   caller needs
   */
  authenticate(request: FastifyRequest): Promise<Caller | undefined>;
}
