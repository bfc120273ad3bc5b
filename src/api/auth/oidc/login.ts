import type { FastifyReply, FastifyRequest } from 'fastify';
import * as client from 'openid-client';
import { CarillonError } from '../../../core/errors.js';
import { recordDeed } from '../../audit/record.js';
import type { HttpPart } from '../../http/part.js';
import type { Log } from '../../log.js';
import type { Identity } from './claims.js';
import { type Provider, providerAway, reasonOf } from './provider.js';
import { returnAddress } from './return-path.js';
import { assertSameOrigin } from './same-origin.js';
import type { SealedCookie } from './sealed-cookie.js';
import type { Sessions } from './sessions.js';
import type { OidcSettings } from './settings.js';
import type { UserCallers } from './user-callers.js';

/** What the browser keeps between leaving for the provider and coming back. */
export interface Departure {
  state: string;
  nonce: string;
  /** PKCE's secret. */
  verifier: string;
  /** Address to go to after the login. */
  returnTo: string;
}

export interface LoginOptions {
  settings: NonNullable<OidcSettings['login']>;
  provider: Provider;
  departures: SealedCookie<Departure>;
  sessions: Sessions;
  callers: UserCallers;
  log: Log;
  now: () => number;
  randomText: (length: number) => string;
}

/** How long somebody may take to log in at the provider, in milliseconds. */
const departureMs = 600_000;
const publicRoute = { config: { public: true } } as const;

/** Login and logout of people by their browser: authorization code with PKCE, state and nonce. */
export function loginPart(options: LoginOptions): HttpPart {
  const { settings, provider, departures, sessions, now } = options;
  const { publicUrl } = settings;

  return async (app, { contextOf }) => {
    const recordAs = async (request: FastifyRequest, identity: Identity, action: string) => {
      const caller = await options.callers.callerOf(identity).catch(() => undefined);
      if (caller) recordDeed({ ...contextOf(request), caller }, { action, outcome: 'done' });
    };
    // Logging out is a form as well as a call; what the form holds does not matter.
    app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, _body, done) =>
      done(null, undefined),
    );
    app.addHook('onRequest', async (_request, reply) => {
      reply.headers({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
    });

    app.get<{ Querystring: { return_to?: unknown } }>('/auth/login', publicRoute, async ({ query }, reply) => {
      const departure: Departure = {
        state: client.randomState(),
        nonce: client.randomNonce(),
        verifier: client.randomPKCECodeVerifier(),
        returnTo: returnAddress(query.return_to, publicUrl),
      };
      const address = client.buildAuthorizationUrl(await provider.configuration(), {
        redirect_uri: `${publicUrl}/auth/callback`,
        scope: settings.scope,
        state: departure.state,
        nonce: departure.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(departure.verifier),
        code_challenge_method: 'S256',
      });
      departures.write(reply, departure, now() + departureMs);
      return reply.redirect(address.href, 303);
    });

    app.get('/auth/callback', publicRoute, async (request, reply) => {
      const departure = departures.read(request);
      departures.clear(reply);
      if (typeof departure === 'string') throw loginFailed();
      const identity = await arrive(options, new URL(request.url, publicUrl), departure.content, reply, request.id);
      await recordAs(request, identity, 'auth.login');
      return reply.redirect(departure.content.returnTo, 303);
    });

    app.post('/auth/logout', publicRoute, async (request, reply) => {
      assertSameOrigin(request, publicUrl);
      const session = await sessions.end(request, reply);
      if (session) await recordAs(request, session.identity, 'auth.logout');
      const next = (session && (await endAddress(options, session.idToken))) ?? `${publicUrl}/`;
      if (request.headers.accept?.includes('text/html')) return reply.redirect(next, 303);
      return reply.send({ next });
    });
  };
}

/** Exchanges the code that the browser came back with, and begins a session. */
async function arrive(
  { provider, callers, sessions, randomText, log }: LoginOptions,
  address: URL,
  { state, nonce, verifier }: Departure,
  reply: FastifyReply,
  requestId: string,
): Promise<Identity> {
  const configuration = await provider.configuration();
  try {
    const tokens = await client.authorizationCodeGrant(configuration, address, {
      pkceCodeVerifier: verifier,
      expectedState: state,
      expectedNonce: nonce,
      idTokenExpected: true,
    });
    const idClaims = tokens.claims() as client.IDToken;
    const further = configuration.serverMetadata().userinfo_endpoint
      ? await client.fetchUserInfo(configuration, tokens.access_token, idClaims.sub)
      : {};
    const identity = callers.identityOf({ ...further, ...idClaims });
    if (!identity) throw loginFailed();
    sessions.begin(reply, { id: randomText(26), identity, idToken: tokens.id_token });
    return identity;
  } catch (error) {
    if (error instanceof CarillonError) throw error;
    log('warn', 'A login failed.', { requestId, reason: reasonOf(error) });
    throw isAway(error) ? providerAway(error) : loginFailed(error);
  }
}

/** Where the browser ends the session at the provider too; undefined when that cannot be done. */
async function endAddress(
  { provider, settings: { publicUrl } }: LoginOptions,
  idToken: string | undefined,
): Promise<string | undefined> {
  const configuration = await provider.configuration().catch(() => undefined);
  if (!configuration?.serverMetadata().end_session_endpoint) return undefined;
  return client.buildEndSessionUrl(configuration, {
    post_logout_redirect_uri: `${publicUrl}/`,
    ...(idToken !== undefined && { id_token_hint: idToken }),
  }).href;
}

/** Whether the provider did not answer, or not as one does; else it refused, or was not asked at all. */
function isAway(error: unknown): boolean {
  if (error instanceof client.ResponseBodyError) return error.status >= 500;
  const away = ['OAUTH_TIMEOUT', 'OAUTH_ABORT', 'OAUTH_RESPONSE_IS_NOT_CONFORM', 'OAUTH_RESPONSE_IS_NOT_JSON'];
  const isNetwork = error instanceof TypeError && error.message === 'fetch failed';
  return isNetwork || (error instanceof client.ClientError && away.includes(error.code ?? ''));
}

function loginFailed(cause?: unknown): CarillonError {
  return new CarillonError(
    'UNAUTHENTICATED',
    'The login was refused, took too long, or was begun in another browser.',
    { hint: 'Begin again at /auth/login.' },
    { cause },
  );
}
