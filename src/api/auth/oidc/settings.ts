import { durationMs } from '../../../core/duration.js';
import { CarillonError, show } from '../../../core/errors.js';
import { type ClaimMap, readClaimMap } from './claims.js';

/** How people and services sign in at an identity provider that speaks OpenID Connect. */
export interface OidcSettings {
  /** Address of the provider, as its tokens name it. */
  issuer: string;
  /** Whom access tokens must be meant for. Absent: tokens of the provider are not taken. */
  audience?: string;
  /** Signature algorithms that are accepted: asymmetric ones alone. */
  algorithms: string[];
  /** Absent: nobody can log in here. */
  login?: {
    clientId: string;
    /** Absent: a public client, which PKCE alone protects. */
    clientSecret?: string;
    /** Origin at which browsers see this API: `https://carillon.example.com`. */
    publicUrl: string;
    /** What is asked of the provider: `openid profile email`. */
    scope: string;
    /** Milliseconds that a login lasts. */
    sessionMs: number;
  };
  claims: ClaimMap;
}

const asymmetric = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const defaultAlgorithms = 'RS256,ES256,EdDSA,PS256';
const longestSessionMs = 30 * 86_400_000;
const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * Reads what the environment says of an identity provider; undefined when it names none.
 * @throws CarillonError CONFIG_INVALID, DURATION_INVALID
 */
export function readOidcSettings(env: NodeJS.ProcessEnv): OidcSettings | undefined {
  const issuer = env.CARILLON_OIDC_ISSUER;
  const audience = env.CARILLON_OIDC_AUDIENCE || undefined;
  const clientId = env.CARILLON_OIDC_CLIENT_ID || undefined;
  if (!issuer) {
    if (audience === undefined && clientId === undefined) return undefined;
    throw invalid('CARILLON_OIDC_ISSUER', issuer, 'set', 'Set it to the address of the identity provider.');
  }
  readAddress('CARILLON_OIDC_ISSUER', issuer);
  if (audience === undefined && clientId === undefined) {
    throw invalid(
      'CARILLON_OIDC_AUDIENCE',
      undefined,
      'set, or `CARILLON_OIDC_CLIENT_ID`',
      'Set the audience to accept access tokens, the client to let people log in, or both.',
    );
  }
  return {
    issuer,
    ...(audience !== undefined && { audience }),
    algorithms: readAlgorithms(env.CARILLON_OIDC_ALGORITHMS || defaultAlgorithms),
    ...(clientId !== undefined && { login: readLogin(env, clientId) }),
    claims: readClaimMap(env.CARILLON_OIDC_CLAIMS || '{}', 'CARILLON_OIDC_CLAIMS'),
  };
}

function readLogin(env: NodeJS.ProcessEnv, clientId: string): OidcSettings['login'] {
  const url = readAddress('CARILLON_PUBLIC_URL', env.CARILLON_PUBLIC_URL);
  if (url.href !== `${url.origin}/`) {
    throw invalid('CARILLON_PUBLIC_URL', url.href, 'an origin', 'Leave out the path: https://carillon.example.com.');
  }
  const scope = env.CARILLON_OIDC_SCOPE || 'openid profile email';
  if (!scope.split(' ').includes('openid')) {
    throw invalid('CARILLON_OIDC_SCOPE', scope, 'scopes with `openid` among them', 'Write openid profile email.');
  }
  const sessionMs = durationMs(env.CARILLON_OIDC_SESSION || 'PT8H', 'CARILLON_OIDC_SESSION');
  if (sessionMs > longestSessionMs) {
    throw invalid('CARILLON_OIDC_SESSION', env.CARILLON_OIDC_SESSION, 'at most P30D', 'Let people log in more often.');
  }
  const clientSecret = env.CARILLON_OIDC_CLIENT_SECRET || undefined;
  return { clientId, ...(clientSecret && { clientSecret }), publicUrl: url.origin, scope, sessionMs };
}

/** What is not encrypted may be read and changed on its way, so http stays on this machine. */
function readAddress(field: string, text: string | undefined): URL {
  const url = text !== undefined && URL.canParse(text) ? new URL(text) : undefined;
  const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && loopback.test(url.hostname));
  if (url && safe && !url.search && !url.hash && !url.username && !url.password) return url;
  throw invalid(field, text, 'an https address', 'Plain http is for loopback addresses alone.');
}

function readAlgorithms(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  const wrong = names.find((name) => !asymmetric.includes(name));
  if (wrong === undefined) return names;
  throw invalid(
    'CARILLON_OIDC_ALGORITHMS',
    wrong,
    `some of ${asymmetric.join(', ')}`,
    'Tokens signed with a shared secret, or not at all, are never accepted.',
  );
}

function invalid(field: string, value: string | undefined, expected: string, hint: string): CarillonError {
  return new CarillonError('CONFIG_INVALID', `Expected \`${field}\` to be ${expected}, got ${show(value)}.`, {
    field,
    value,
    hint,
  });
}
