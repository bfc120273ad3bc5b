import type { KeyRow, KeyStore, KeyUse } from '../../store/store.js';
import type { Log } from '../log.js';

/** A key's last use is written down again after this, in milliseconds. */
const freshMs = 60_000;
/** How long uses wait for others to be written with. */
const gatherMs = 1000;

/** Writes down when keys were used last: for each key once a minute at most, many keys in one statement. */
export class KeyUses {
  readonly #pending = new Map<string, KeyUse>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly keys: KeyStore,
    private readonly log: Log,
  ) {}

  /** @param mac the key's hash by the key of the ring that is current: it replaces the one in the row */
  note(row: KeyRow, usedAt: string, mac: string): void {
    const { keyId, lastUsedAt } = row;
    const fresh = lastUsedAt !== undefined && Date.parse(usedAt) - Date.parse(lastUsedAt) < freshMs;
    if (fresh && row.mac === mac) return;
    this.#pending.set(keyId, { keyId, usedAt, ...(row.mac !== mac && { mac }) });
    this.#timer ??= setTimeout(() => {
      this.#writing = this.#write();
    }, gatherMs).unref();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#writing;
    await this.#write();
  }

  async #write(): Promise<void> {
    this.#timer = undefined;
    const uses = [...this.#pending.values()];
    this.#pending.clear();
    try {
      await this.keys.used(uses);
    } catch (error) {
      // Nothing is lost but a time of day: the next use is noted again.
      this.log('warn', 'The last use of API keys could not be written down.', {
        keys: uses.length,
        error: String(error),
      });
    }
  }
}
