import type { FastifyReply, FastifyRequest } from 'fastify';
import { CarillonError } from '../../../core/errors.js';
import type { SessionStore } from '../../../store/store.js';
import type { Caller } from '../../access/caller.js';
import type { Log } from '../../log.js';
import type { Authenticator } from '../authenticator.js';
import type { Identity } from './claims.js';
import { assertSameOrigin } from './same-origin.js';
import type { SealedCookie } from './sealed-cookie.js';
import type { UserCallers } from './user-callers.js';

/** What a browser carries for whoever has logged in. */
export interface Session {
  id: string;
  identity: Identity;
  /** Shown to the provider at logout; left out where the cookie has no room for it. */
  idToken?: string;
}

export interface SessionsOptions {
  cookie: SealedCookie<Session>;
  store: SessionStore;
  callers: UserCallers;
  publicUrl: string;
  /** Milliseconds that a session lasts. */
  sessionMs: number;
  log: Log;
  now: () => number;
}

/** Logins of people. A session is a sealed cookie; the database holds only those that were ended. */
export class Sessions implements Authenticator {
  readonly #options: SessionsOptions;

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  async authenticate(request: FastifyRequest): Promise<Caller | undefined> {
    if (request.headers.authorization !== undefined) return undefined;
    const { cookie, store, callers, publicUrl } = this.#options;
    const found = cookie.read(request);
    if (found === 'none') return undefined;
    if (found === 'bad') throw sessionEnded();
    assertSameOrigin(request, publicUrl);
    if (await store.isRevoked(found.content.id)) throw sessionEnded();
    return callers.callerOf(found.content.identity);
  }

  begin(reply: FastifyReply, session: Session): void {
    const { cookie, sessionMs, log, now } = this.#options;
    const { id, identity } = session;
    const until = now() + sessionMs;
    if (cookie.write(reply, session, until) || cookie.write(reply, { id, identity }, until)) return;
    log('warn', 'Groups and roles do not fit into a session, so they are left out.', {
      subject: identity.subject,
      groups: identity.groups.length,
      roles: identity.roles.length,
    });
    cookie.write(reply, { id, identity: { ...identity, groups: [], roles: [] } }, until);
  }

  /** Ends the session that the request comes with, for all copies of it. @returns what it was */
  async end(request: FastifyRequest, reply: FastifyReply): Promise<Session | undefined> {
    const { cookie, store, now } = this.#options;
    const found = cookie.read(request);
    if (typeof found === 'string') {
      cookie.clear(reply);
      return undefined;
    }
    const { content, until } = found;
    await store.revoke({ id: content.id, expiresAt: timeOf(until) }, timeOf(now()));
    cookie.clear(reply);
    return content;
  }
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}

function sessionEnded(): CarillonError {
  return new CarillonError('UNAUTHENTICATED', 'The session has ended.', {
    field: 'Cookie',
    hint: 'Log in again at /auth/login.',
  });
}
