import type { BucketLimit, RateBucketStore } from '../../store/store.js';
import { within } from '../within.js';
import { Recent } from './recent.js';
import { TokenBucket } from './token-bucket.js';

/** Leases of one bucket are so far apart while it is empty, and grow while they follow more closely. Milliseconds. */
const leaseEveryMs = 250;
/** Tokens that were leased and not used are given up after this. */
const heldMs = 10_000;
/** How long a request waits for a lease, and how long the database is left alone when it did not answer in time. */
const patienceMs = 250;
const restMs = 1000;
/** Of a bucket, one lease takes no more than this part. */
const largestShare = 0.25;
/** Buckets a process knows. */
const capacity = 10_000;

export interface LimitVerdict {
  admitted: boolean;
  /** Tokens left, as far as this process knows. */
  left: number;
  /** When it is worth trying again; 0 if admitted. */
  retryAfterMs: number;
}

interface Entry {
  /** Leased and not used yet. */
  held: number;
  /** In the shared bucket after the last lease. */
  shared: number;
  want: number;
  leasedAt: number;
  /** No lease before this time: the bucket was empty. */
  closedUntil: number;
  leasing?: Promise<void>;
  /** In place of the shared bucket while the database is away. */
  own?: TokenBucket;
}

export interface SharedLimiterOptions {
  limit: BucketLimit;
  store: Pick<RateBucketStore, 'lease'>;
  /** What the buckets are of, as part of their ids. */
  name: string;
  now: () => number;
}

/**
 * One limit, kept by all processes together. Each takes tokens from a bucket in the database, a few at a time, and
 * admits requests by those alone: no more are ever admitted than the bucket gave. Leases are sized to what was needed
 * lately, so that there are a few in a second at most. While the database is away each process keeps the limit by itself.
 */
export class SharedLimiter {
  readonly #entries = new Recent<Entry>(capacity);
  #awayUntil = 0;

  constructor(private readonly options: SharedLimiterOptions) {}

  /** Takes `cost` tokens of the bucket, but no more than it can ever hold. */
  async take(id: string, cost = 1): Promise<LimitVerdict> {
    const { limit, now } = this.options;
    const price = Math.min(cost, Math.floor(limit.burst));
    const entry = this.#entries.of(id, () => fresh());
    this.#settle(entry);
    while (entry.held < price && now() >= entry.closedUntil) {
      if (this.#away) return this.#takeOwn(entry, price);
      entry.leasing ??= this.#lease(id, entry, price).finally(() => {
        entry.leasing = undefined;
      });
      await entry.leasing;
    }
    if (entry.held < price) return { admitted: false, left: 0, retryAfterMs: this.#closedFor(entry) };
    entry.held -= price;
    return { admitted: true, left: Math.floor(entry.held + entry.shared), retryAfterMs: 0 };
  }

  /** How long the bucket is known to be empty, in milliseconds; 0 if it is not. */
  closedFor(id: string): number {
    const entry = this.#entries.peek(id);
    if (!entry) return 0;
    this.#settle(entry);
    return entry.held < 1 ? this.#closedFor(entry) : 0;
  }

  get #away(): boolean {
    const left = this.#awayUntil - this.options.now();
    // A clock that was put back must not keep the database away for longer.
    return left > 0 && left <= restMs;
  }

  #closedFor({ closedUntil }: Entry): number {
    return Math.max(0, closedUntil - this.options.now());
  }

  /** Gives up what is old; a clock that was put back begins anew. */
  #settle(entry: Entry): void {
    const now = this.options.now();
    if (now < entry.leasedAt) Object.assign(entry, { leasedAt: now, closedUntil: now });
    if (now - entry.leasedAt > heldMs) entry.held = 0;
  }

  async #lease(id: string, entry: Entry, price: number): Promise<void> {
    const { limit, store, name, now } = this.options;
    const since = now() - entry.leasedAt;
    const most = Math.max(price, Math.floor(limit.burst * largestShare), 1);
    const next = since < leaseEveryMs ? entry.want * 2 : since > 4 * leaseEveryMs ? entry.want / 2 : entry.want;
    entry.want = Math.max(price, 1, Math.min(most, Math.floor(next)));
    try {
      const lease = await within(patienceMs, store.lease(`${name}:${id}`, entry.want, limit));
      if (!lease) throw new Error('The database took too long.');
      const { granted, left } = lease;
      const at = now();
      entry.held += granted;
      entry.shared = left;
      entry.leasedAt = at;
      entry.own = undefined;
      if (granted >= entry.want) return;
      const missing = Math.max(0, price - entry.held - left);
      entry.closedUntil = at + Math.max(leaseEveryMs, Math.ceil((missing / limit.rate) * 1000));
    } catch {
      this.#awayUntil = now() + restMs;
    }
  }

  #takeOwn(entry: Entry, price: number): LimitVerdict {
    const now = this.options.now();
    entry.own ??= new TokenBucket(this.options.limit, now);
    const admitted = entry.own.take(price, now);
    return { admitted, left: entry.own.left(now), retryAfterMs: admitted ? 0 : entry.own.waitFor(price, now) };
  }
}

function fresh(): Entry {
  return { held: 0, shared: 0, want: 1, leasedAt: Number.NEGATIVE_INFINITY, closedUntil: Number.NEGATIVE_INFINITY };
}
