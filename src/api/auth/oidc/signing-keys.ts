import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import type { Log } from '../../log.js';
import { answerTimeoutS, type Provider, providerAway, reasonOf } from './provider.js';

/** Fetched again after this, when they are used; believed this long while the provider is away. Milliseconds. */
const [freshMs, usableMs] = [600_000, 3_600_000];
/** How soon keys are fetched again because a token names one that is not known, and when there are none. Milliseconds. */
const [unknownPauseMs, awayPauseMs] = [30_000, 5000];
const maxBytes = 1024 * 1024;

/** The provider's keys. However many tokens name keys that do not exist, they are fetched once in 30 s at most. */
export class SigningKeys {
  readonly #provider: Provider;
  readonly #log: Log;
  readonly #now: () => number;
  #known?: { find: JWTVerifyGetKey; at: number };
  #fetching?: Promise<void>;
  #triedAt = Number.NEGATIVE_INFINITY;

  constructor(provider: Provider, log: Log, now: () => number) {
    this.#provider = provider;
    this.#log = log;
    this.#now = now;
  }

  /**
   * The key that a token's header names. Where a token says its key is, nobody looks.
   * @throws JOSEError without such a key; CarillonError IDENTITY_PROVIDER_UNAVAILABLE without any
   */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    if (!this.#known || this.#age > freshMs) await this.#fetch(this.#known ? unknownPauseMs : awayPauseMs);
    try {
      return await this.#usable()(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.#fetch(unknownPauseMs);
      return await this.#usable()(header, token);
    }
  };

  get #age(): number {
    return this.#now() - (this.#known?.at ?? Number.NEGATIVE_INFINITY);
  }

  #usable(): JWTVerifyGetKey {
    if (!this.#known || this.#age > usableMs) throw providerAway();
    return this.#known.find;
  }

  /** Fetches the keys unless that was tried a moment ago. Never throws: what was known before is kept. */
  async #fetch(pauseMs: number): Promise<void> {
    if (!this.#fetching) {
      if (this.#now() - this.#triedAt < pauseMs) return;
      this.#triedAt = this.#now();
      this.#fetching = this.#load()
        .then((keys) => {
          this.#known = { find: createLocalJWKSet(keys), at: this.#now() };
        })
        .catch((error: unknown) => {
          this.#log('warn', "The identity provider's keys cannot be fetched.", { error: reasonOf(error) });
        })
        .finally(() => {
          this.#fetching = undefined;
        });
    }
    await this.#fetching;
  }

  async #load(): Promise<JSONWebKeySet> {
    const { jwks_uri: address, issuer } = (await this.#provider.configuration()).serverMetadata();
    if (!address) throw new Error('The provider names no jwks_uri.');
    // Keys that could be changed on their way would make the signatures worth nothing.
    if (issuer.startsWith('https:') && !address.startsWith('https:')) throw new Error(`${address} is not encrypted.`);
    const answer = await fetch(address, {
      redirect: 'error',
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(answerTimeoutS * 1000),
    });
    if (answer.status !== 200) throw new Error(`${address} answers ${answer.status}.`);
    const text = await answer.text();
    if (text.length > maxBytes) throw new Error(`${address} answers more than ${maxBytes} bytes.`);
    return JSON.parse(text) as JSONWebKeySet;
  }
}
