import type { FastifyRequest } from 'fastify';
import { jwtVerify } from 'jose';
import { CarillonError } from '../../../core/errors.js';
import type { Caller } from '../../access/caller.js';
import type { Log } from '../../log.js';
import type { Authenticator } from '../authenticator.js';
import { type Provider, reasonOf } from './provider.js';
import type { OidcSettings } from './settings.js';
import type { SigningKeys } from './signing-keys.js';
import type { UserCallers } from './user-callers.js';

export interface TokenAuthenticatorOptions {
  settings: Pick<OidcSettings, 'algorithms'> & { audience: string };
  provider: Provider;
  keys: SigningKeys;
  callers: UserCallers;
  log: Log;
  now: () => number;
}

/** What clocks of different machines may differ by, in seconds. */
const clockToleranceS = 30;
/** Longest token, in characters. */
const maxLength = 8192;
const tokenShape = /^bearer +([\w-]+\.[\w-]+\.[\w-]*) *$/i;
/** What an access token may call itself (RFC 9068, and what came before it); other kinds of token are not for an API. */
const tokenTypes = /^(at\+jwt|application\/at\+jwt|jwt|application\/jwt)$/i;

/** Callers by `Authorization: Bearer` with an access token that the identity provider has signed. */
export class TokenAuthenticator implements Authenticator {
  readonly #options: TokenAuthenticatorOptions;

  constructor(options: TokenAuthenticatorOptions) {
    this.#options = options;
  }

  async authenticate(request: FastifyRequest): Promise<Caller | undefined> {
    const token = tokenShape.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined || token.startsWith('car_')) return undefined;
    const identity = this.#options.callers.identityOf(await this.#verified(token, request.id));
    if (!identity) throw this.#refused('it names no subject', request.id);
    return this.#options.callers.callerOf(identity);
  }

  async #verified(token: string, requestId: string): Promise<Record<string, unknown>> {
    const { provider, keys, settings, now } = this.#options;
    if (token.length > maxLength) throw this.#refused('it is too long', requestId);
    try {
      const { issuer } = (await provider.configuration()).serverMetadata();
      const { payload, protectedHeader } = await jwtVerify(token, keys.find, {
        issuer,
        audience: settings.audience,
        algorithms: settings.algorithms,
        clockTolerance: clockToleranceS,
        currentDate: new Date(now()),
        requiredClaims: ['exp'],
      });
      if (protectedHeader.typ !== undefined && !tokenTypes.test(protectedHeader.typ)) {
        throw this.#refused(`it is of type ${protectedHeader.typ}`, requestId);
      }
      // Bound to a key of the client's, which a bearer does not show: whoever sends it may have found it.
      if (payload.cnf !== undefined) throw this.#refused('it is bound to a key', requestId);
      return payload;
    } catch (error) {
      if (error instanceof CarillonError) throw error;
      throw this.#refused(reasonOf(error), requestId);
    }
  }

  /** The log says why; whoever tries tokens out learns nothing from the answer. */
  #refused(reason: string, requestId: string): CarillonError {
    this.#options.log('info', 'A token was refused.', { requestId, reason });
    return new CarillonError('UNAUTHENTICATED', 'Expected a token of the identity provider that is good now.', {
      field: 'Authorization',
      hint: "Get a new token for this API's audience; the API's log says why this one was refused.",
    });
  }
}
