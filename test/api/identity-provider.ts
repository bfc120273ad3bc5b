import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, importJWK, type JWK, type JWTHeaderParameters, SignJWT } from 'jose';

type Algorithm = 'ES256' | 'RS256';

/** Somebody whom the provider knows, by what is typed as login name. */
export type Account = Record<string, unknown>;

export interface IdentityProviderOptions {
  /** What it signs with. Default ES256, whose keys are made fast. */
  algorithm?: Algorithm;
  /** Where the client `carillon` may be sent back to. */
  publicUrl?: string;
  accounts?: Record<string, Account>;
  /** What access tokens of the client `robot` carry beside the standard claims. */
  tokenClaims?: Record<string, unknown>;
}

/** Audience of the access tokens. */
export const audience = 'https://carillon.test/api';
export const [clientSecret, robotSecret] = ['not-really-a-secret-of-carillon', 'not-really-a-secret-of-the-robot'];

/** A certified OpenID provider on a free port of this machine. */
export class IdentityProvider implements AsyncDisposable {
  readonly #server = createServer((request, response) => {
    this.asked[new URL(request.url ?? '', this.issuer).pathname] = this.times(request.url ?? '') + 1;
    if (this.away) response.writeHead(500).end();
    else this.#answer(request, response);
  });
  readonly #options: IdentityProviderOptions;
  #answer: (...args: Parameters<Parameters<typeof createServer>[1] & object>) => unknown = () => {};
  #key: JWK = {};
  issuer = '';
  /** Whether every request is answered with an error. */
  away = false;
  /** Requests so far, by path. */
  readonly asked: Record<string, number> = {};

  private constructor(options: IdentityProviderOptions) {
    this.#options = options;
  }

  static async start(options: IdentityProviderOptions = {}): Promise<IdentityProvider> {
    const provider = new IdentityProvider(options);
    provider.#server.listen(0, '127.0.0.1');
    await once(provider.#server, 'listening');
    provider.issuer = `http://127.0.0.1:${(provider.#server.address() as AddressInfo).port}`;
    await provider.rotate();
    return provider;
  }

  /** Requests for a path so far. */
  times(path: string): number {
    return this.asked[new URL(path, this.issuer).pathname] ?? 0;
  }

  /** The key it signs with now. */
  get key(): JWK {
    return this.#key;
  }

  /** Signs with a new key, and no longer shows the one before. */
  async rotate(): Promise<void> {
    const { algorithm = 'ES256' } = this.#options;
    this.#key = await newKey(algorithm);
    const { publicUrl = 'https://carillon.test', accounts = {}, tokenClaims = {} } = this.#options;
    const { issuer } = this;
    const keys = [this.#key];
    this.#answer = await quietly(async () => {
      const { Provider } = await import('oidc-provider');
      const provider = new Provider(issuer, {
        jwks: { keys: keys as never },
        ttl: { AccessToken: 600, ClientCredentials: 600, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
        cookies: { keys: ['not-really-a-secret-of-cookies'] },
        clients: [
          {
            client_id: 'carillon',
            id_token_signed_response_alg: algorithm,
            client_secret: clientSecret,
            redirect_uris: [`${publicUrl}/auth/callback`],
            post_logout_redirect_uris: [`${publicUrl}/`],
          },
          {
            client_id: 'robot',
            id_token_signed_response_alg: algorithm,
            client_secret: robotSecret,
            grant_types: ['client_credentials'],
            redirect_uris: [],
            response_types: [],
          },
        ],
        claims: {
          openid: ['sub', 'groups', 'https://example.org/roles'],
          email: ['email', 'email_verified'],
          profile: ['name'],
        },
        findAccount: (_context, sub) => {
          const account = accounts[sub];
          return account && { accountId: sub, claims: () => ({ ...account, sub }) };
        },
        extraTokenClaims: () => tokenClaims as never,
        features: {
          clientCredentials: { enabled: true },
          rpInitiatedLogout: {
            enabled: true,
            logoutSource: (context, form) => {
              context.body = form;
            },
          },
          resourceIndicators: {
            enabled: true,
            getResourceServerInfo: () => ({
              ...{ scope: 'api', audience, accessTokenTTL: 600, accessTokenFormat: 'jwt' as const },
              jwt: { sign: { alg: algorithm } },
            }),
          },
        },
      });
      return provider.callback();
    });
  }

  /** An access token that the provider has issued to the client `robot`. */
  async accessToken(): Promise<string> {
    const answer = await fetch(`${this.issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`robot:${robotSecret}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'api', resource: audience }),
    });
    return ((await answer.json()) as { access_token: string }).access_token;
  }

  /** A token with any claims, signed with the provider's key; undefined removes a claim. */
  async sign(
    claims: Record<string, unknown>,
    header: Partial<JWTHeaderParameters> = {},
    key = this.#key,
  ): Promise<string> {
    return new SignJWT({ iss: this.issuer, aud: audience, sub: 'ann', ...claims })
      .setProtectedHeader({ alg: key.alg ?? 'ES256', kid: key.kid, ...header })
      .sign(await importJWK(key, key.alg), { crit: { odd: true } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

let keysMade = 0;

export async function newKey(algorithm: Algorithm = 'ES256'): Promise<JWK> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  keysMade += 1;
  return { ...(await exportJWK(privateKey)), kid: `key-${keysMade}`, alg: algorithm, use: 'sig' };
}

/** The provider warns of everything that is for tests only, and of this version of Node. */
async function quietly<Result>(work: () => Promise<Result>): Promise<Result> {
  const { info, warn } = console;
  Object.assign(console, { info: () => {}, warn: () => {} });
  try {
    return await work();
  } finally {
    Object.assign(console, { info, warn });
  }
}
