import type { FastifyRequest } from 'fastify';
import { CarillonError } from '../../core/errors.js';
import { isoTime } from '../../core/ids.js';
import type { KeyRing } from '../../keyring/key-ring.js';
import type { KeyRow, KeyStore } from '../../store/store.js';
import type { Caller } from '../access/caller.js';
import type { Log } from '../log.js';
import type { AdminKey } from './admin-key.js';
import { isApiKey } from './api-key.js';
import type { Authenticator } from './authenticator.js';
import { KeyCache } from './key-cache.js';
import { KeyUses } from './key-uses.js';
import { presentedKey } from './presented-key.js';

export interface ApiKeysOptions {
  keys: KeyStore;
  keyRing: KeyRing;
  log: Log;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Known even when it could not be put into the table at the start. */
  adminKey?: AdminKey;
}

/**
 * Knows callers by their API keys. What is not a key is refused without a look into the database; what is, is looked up by
 * its keyed hash and remembered for a few seconds, so that a revoked key is refused soon by every process.
 */
export class ApiKeys implements Authenticator {
  readonly #known: KeyCache;
  readonly #uses: KeyUses;

  constructor(private readonly options: ApiKeysOptions) {
    this.#known = new KeyCache(options.now);
    this.#uses = new KeyUses(options.keys, options.log);
  }

  /** @throws CarillonError UNAUTHENTICATED, STORE_UNAVAILABLE */
  async authenticate(request: FastifyRequest): Promise<Caller | undefined> {
    const key = presentedKey(request.headers);
    if (key === undefined) return undefined;
    if (!isApiKey(key)) throw refused('Expected an API key as it was shown, got one that is cut off or mistyped.');
    const row = await this.#find(key);
    if (!row || !isUsable(row, this.options.now())) {
      throw refused('Expected an API key that is good, got one that is unknown, expired or revoked.');
    }
    return callerOf(row);
  }

  /** Writes down what is still to be written of the keys' use. */
  close(): Promise<void> {
    return this.#uses.close();
  }

  #find(key: string): Promise<KeyRow | undefined> {
    const { keys, keyRing, now, adminKey } = this.options;
    const macs = keyRing.macs('api-key', key).map((mac) => mac.toString('hex'));
    const current = macs[0] as string;
    return this.#known.get(current, async () => {
      const row = (await keys.find(macs)) ?? (adminKey?.is(key) ? await adminKey.ensure() : undefined);
      if (!row || !isUsable(row, now())) return undefined;
      this.#uses.note(row, isoTime(now()), current);
      return row;
    });
  }
}

function isUsable({ revokedAt, expiresAt }: KeyRow, now: number): boolean {
  return revokedAt === undefined && (expiresAt === undefined || Date.parse(expiresAt) > now);
}

function callerOf({ keyId, name, owns, project, role, payloads, scopes }: KeyRow): Caller {
  return { kind: 'key', id: `key:${keyId}`, name, owns, grants: [{ project, role, payloads }], scopes };
}

function refused(message: string): CarillonError {
  return new CarillonError('UNAUTHENTICATED', message, {
    field: 'Authorization',
    hint: 'Ask an admin of the project for a new key; see docs/api-keys.md.',
  });
}
