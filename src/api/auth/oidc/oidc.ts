import type { KeyRing } from '../../../keyring/key-ring.js';
import type { SessionStore } from '../../../store/store.js';
import type { Directory } from '../../access/caller.js';
import type { HttpPart } from '../../http/part.js';
import type { Log } from '../../log.js';
import type { Authenticator } from '../authenticator.js';
import { type Departure, loginPart } from './login.js';
import { Provider } from './provider.js';
import { SealedCookie } from './sealed-cookie.js';
import { type Session, Sessions } from './sessions.js';
import type { OidcSettings } from './settings.js';
import { SigningKeys } from './signing-keys.js';
import { TokenAuthenticator } from './token-authenticator.js';
import { UserCallers } from './user-callers.js';

export interface OidcOptions {
  settings: OidcSettings;
  /** Absent: grants come from the configuration alone. */
  directory?: Directory;
  sessions: SessionStore;
  keyRing: KeyRing;
  log: Log;
  now: () => number;
  randomText: (length: number) => string;
}

/** What an identity provider adds to the API. */
export interface Oidc {
  /** In the order they are asked. */
  authenticators: Authenticator[];
  parts: HttpPart[];
}

/** Tokens and logins of one identity provider, as far as the settings ask for them. */
export function createOidc(options: OidcOptions): Oidc {
  const { settings, directory, keyRing, log, now, randomText } = options;
  const { issuer, claims, audience, algorithms, login } = settings;
  const provider = new Provider(settings, log, now);
  const callers = new UserCallers({ issuer, claims, directory, now });
  const oidc: Oidc = { authenticators: [], parts: [] };
  if (audience !== undefined) {
    const keys = new SigningKeys(provider, log, now);
    const tokens = { settings: { algorithms, audience }, provider, keys, callers, log, now };
    oidc.authenticators.push(new TokenAuthenticator(tokens));
  }
  if (login) {
    const { publicUrl, sessionMs } = login;
    const sealed = { secure: publicUrl.startsWith('https:'), context: `${issuer} ${login.clientId}`, keyRing, now };
    const cookie = new SealedCookie<Session>({ name: 'session', ...sealed });
    const departures = new SealedCookie<Departure>({ name: 'login', ...sealed });
    const sessions = new Sessions({ cookie, store: options.sessions, callers, publicUrl, sessionMs, log, now });
    oidc.authenticators.push(sessions);
    oidc.parts.push(loginPart({ settings: login, provider, departures, sessions, callers, log, now, randomText }));
  }
  return oidc;
}
