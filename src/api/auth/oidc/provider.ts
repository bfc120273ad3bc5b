import {
  allowInsecureRequests,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  Configuration,
  discovery,
  enableNonRepudiationChecks,
  None,
} from 'openid-client';
import { CarillonError } from '../../../core/errors.js';
import type { Log } from '../../log.js';
import type { OidcSettings } from './settings.js';

/** Seconds that an answer of the provider is waited for. */
export const answerTimeoutS = 5;
/** For how long a provider's description of itself is believed, and how soon one that was away is asked again, in ms. */
const [descriptionAgeMs, pauseMs] = [3_600_000, 5000];

/** The identity provider as it describes itself. It is asked when it is needed, not before. */
export class Provider {
  readonly #settings: OidcSettings;
  readonly #log: Log;
  readonly #now: () => number;
  #known?: { configuration: Configuration; until: number };
  #asking?: Promise<Configuration>;
  #askAgainAt = 0;

  constructor(settings: OidcSettings, log: Log, now: () => number) {
    this.#settings = settings;
    this.#log = log;
    this.#now = now;
  }

  /**
   * The provider's addresses, and this client at it. What was known before outlasts a provider that is away.
   * @throws CarillonError IDENTITY_PROVIDER_UNAVAILABLE
   */
  async configuration(): Promise<Configuration> {
    if (this.#known && this.#known.until > this.#now()) return this.#known.configuration;
    if (this.#now() < this.#askAgainAt && !this.#asking) return this.#fallback();
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking.catch((error: unknown) => this.#fallback(error));
  }

  async #ask(): Promise<Configuration> {
    try {
      const configuration = await this.#discover();
      this.#known = { configuration, until: this.#now() + descriptionAgeMs };
      return configuration;
    } catch (error) {
      this.#askAgainAt = this.#now() + pauseMs;
      this.#log('warn', 'The identity provider does not describe itself.', {
        issuer: this.#settings.issuer,
        error: reasonOf(error),
      });
      throw error;
    }
  }

  async #discover(): Promise<Configuration> {
    const { issuer, login, algorithms } = this.#settings;
    const clientId = login?.clientId ?? 'carillon';
    // The settings allow http on the loopback address only.
    const insecure = issuer.startsWith('http:');
    const found = await discovery(new URL(issuer), clientId, undefined, None(), {
      timeout: answerTimeoutS,
      execute: insecure ? [allowInsecureRequests] : [],
    });
    const { supportsPKCE: _, ...server } = found.serverMetadata();
    const offered = server.id_token_signing_alg_values_supported ?? ['RS256'];
    const configuration = new Configuration(
      { ...server, id_token_signing_alg_values_supported: offered.filter((name) => algorithms.includes(name)) },
      clientId,
      undefined,
      clientAuth(login?.clientSecret, server.token_endpoint_auth_methods_supported),
    );
    configuration.timeout = answerTimeoutS;
    if (insecure) allowInsecureRequests(configuration);
    enableNonRepudiationChecks(configuration);
    return configuration;
  }

  #fallback(cause?: unknown): Configuration {
    if (this.#known) return this.#known.configuration;
    throw providerAway(cause);
  }
}

export function providerAway(cause?: unknown): CarillonError {
  return new CarillonError(
    'IDENTITY_PROVIDER_UNAVAILABLE',
    'The identity provider does not answer as it should.',
    { hint: 'Try again in a few seconds; if it lasts, look at the provider and at CARILLON_OIDC_ISSUER.' },
    { cause },
  );
}

/** An error in one line, with what is behind it. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const behind = error.cause === undefined || error.cause === error ? '' : `: ${reasonOf(error.cause)}`;
  return `${error.message}${error.cause instanceof Error ? behind : ''}`;
}

function clientAuth(secret: string | undefined, methods: string[] = ['client_secret_basic']): ClientAuth {
  if (secret === undefined) return None();
  return methods.includes('client_secret_basic') ? ClientSecretBasic(secret) : ClientSecretPost(secret);
}
