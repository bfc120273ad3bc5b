import { timingSafeEqual } from 'node:crypto';
import { CarillonError } from '../../core/errors.js';
import { isoTime } from '../../core/ids.js';
import type { KeyRing } from '../../keyring/key-ring.js';
import type { KeyRow, KeyStore } from '../../store/store.js';
import { isApiKey, shownPrefix } from './api-key.js';

export interface AdminKeyOptions {
  /** As it is configured. */
  key: string;
  keys: KeyStore;
  keyRing: KeyRing;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Random text of `length` letters and digits. */
  randomText: (length: number) => string;
}

/** The key that the configuration names: the owner of all projects, from whom all other keys come. */
export class AdminKey {
  /** @throws CarillonError CONFIG_INVALID, never showing the key */
  constructor(private readonly options: AdminKeyOptions) {
    if (isApiKey(options.key)) return;
    throw new CarillonError('CONFIG_INVALID', 'Expected `CARILLON_ADMIN_KEY` to be an API key, got something else.', {
      field: 'CARILLON_ADMIN_KEY',
      hint: 'Make one by `npx carillon keys generate`.',
    });
  }

  is(key: string): boolean {
    const [ours, theirs] = [Buffer.from(this.options.key), Buffer.from(key)];
    return ours.length === theirs.length && timingSafeEqual(ours, theirs);
  }

  /**
   * Puts it into the table if it is not there; any number of processes may do so at once. One that was revoked stays so.
   * @throws CarillonError STORE_UNAVAILABLE
   */
  async ensure(): Promise<KeyRow | undefined> {
    const { key, keys, keyRing, now, randomText } = this.options;
    const macs = keyRing.macs('api-key', key).map((mac) => mac.toString('hex'));
    const there = await keys.find(macs);
    if (there) return there;
    await keys.add({
      ...{ keyId: randomText(12), project: '*', name: 'admin', role: 'owner', payloads: true, owns: ['admin'] },
      ...{ prefix: shownPrefix(key), mac: macs[0] as string },
      ...{ createdAt: isoTime(now()), createdBy: 'CARILLON_ADMIN_KEY' },
    });
    return keys.find(macs);
  }
}
