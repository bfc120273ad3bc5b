import { randomUUID } from 'node:crypto';
import { inject, onTestFinished } from 'vitest';
import { AdminKey } from '../../src/api/auth/admin-key.js';
import { makeApiKey } from '../../src/api/auth/api-key.js';
import { ApiKeys } from '../../src/api/auth/api-keys.js';
import { type CarillonClient, createCarillonClient } from '../../src/api/client/client.js';
import type { KeyCreatedView } from '../../src/api/keys/views.js';
import type { Log } from '../../src/api/log.js';
import { KeyRing } from '../../src/keyring/key-ring.js';
import { createStore, type Store } from '../../src/store/store.js';
import { type ApiOnly, type ApiOnlyOptions, startApiOnly } from './api-only.js';

/** An API that asks for keys, and a client of it that may do everything. */
export interface ApiWithKeys extends ApiOnly {
  keyRing: KeyRing;
  adminKey: string;
  /** In place of the one a running API has: `close` writes down what is to be written. */
  apiKeys: ApiKeys;
  /** Makes a key of the test's project. */
  make(key?: Partial<Parameters<CarillonClient['keys']['create']['mutate']>[0]>): Promise<KeyCreatedView>;
  /** A client that comes with this key. */
  with(key: string): CarillonClient;
}

export interface ApiWithKeysOptions extends Omit<ApiOnlyOptions, 'authenticators' | 'apiKey'> {
  adminKey?: string;
  /** In place of the database's. */
  store?: Store;
}

export async function startApiWithKeys(options: ApiWithKeysOptions = {}): Promise<ApiWithKeys> {
  const { keyRing = KeyRing.random(), adminKey: key = makeApiKey(), now = Date.now } = options;
  const store = options.store ?? createStore({ url: options.databaseUrl ?? inject('databaseUrl') });
  const randomText = (length: number) => randomUUID().replaceAll('-', '').slice(0, length);
  const adminKey = new AdminKey({ key, keys: store.keys, keyRing, now, randomText });
  const log: Log = () => {};
  const apiKeys = new ApiKeys({ keys: store.keys, keyRing, now, adminKey, log });
  onTestFinished(async () => {
    await apiKeys.close();
    if (!options.store) await store.close();
  });
  const api = await startApiOnly({ ...options, keyRing, authenticators: [apiKeys], apiKey: key });
  return {
    ...{ ...api, keyRing, adminKey: key, apiKeys },
    make: (own) => api.client.keys.create.mutate({ name: 'robot', role: 'viewer', project: api.project, ...own }),
    with: (apiKey) => createCarillonClient({ url: api.url, apiKey }),
  };
}
