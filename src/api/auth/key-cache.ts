import type { KeyRow } from '../../store/store.js';

/** How long a key counts as good after it was looked up, in milliseconds: so late at most is a revoked one refused. */
export const keyMemoryMs = 5000;
/** Keys that are remembered at most. */
const capacity = 10_000;

interface Entry {
  row: KeyRow;
  /** When the look-up began. */
  at: number;
}

/** Keys that were good a moment ago, by their hash. What is unknown is not remembered: anybody can make up more of it. */
export class KeyCache {
  readonly #entries = new Map<string, Entry>();
  /** Look-ups on their way, shared by requests that come together. */
  readonly #asked = new Map<string, Promise<KeyRow | undefined>>();

  constructor(
    /** Milliseconds since the epoch. */
    private readonly now: () => number,
  ) {}

  /** @param find looks a key up; what it throws is thrown here and not remembered */
  async get(mac: string, find: () => Promise<KeyRow | undefined>): Promise<KeyRow | undefined> {
    const at = this.now();
    const known = this.#entries.get(mac);
    if (known && at >= known.at && at - known.at < keyMemoryMs) return known.row;
    const asked = this.#asked.get(mac);
    if (asked) return asked;
    const asking = this.#ask(mac, at, find).finally(() => this.#asked.delete(mac));
    this.#asked.set(mac, asking);
    return asking;
  }

  async #ask(mac: string, at: number, find: () => Promise<KeyRow | undefined>): Promise<KeyRow | undefined> {
    const row = await find();
    this.#entries.delete(mac);
    if (!row) return undefined;
    this.#entries.set(mac, { row, at });
    // A map keeps the order of insertion: the first is the one that was looked up longest ago.
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > capacity && oldest !== undefined) this.#entries.delete(oldest);
    return row;
  }
}
