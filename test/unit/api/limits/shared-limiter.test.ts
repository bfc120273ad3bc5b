import { describe, expect, it } from 'vitest';
import { SharedLimiter } from '../../../../src/api/limits/shared-limiter.js';
import { TokenBucket } from '../../../../src/api/limits/token-bucket.js';
import type { BucketLimit, RateBucketStore } from '../../../../src/store/store.js';

const limit = { rate: 100, burst: 200 };

/** The database's buckets, by a clock that no process can put back. */
class Buckets implements Pick<RateBucketStore, 'lease'> {
  clock = 0;
  away = false;
  leases = 0;
  readonly #tokens = new Map<string, { tokens: number; at: number }>();

  async lease(id: string, want: number, { rate, burst }: BucketLimit): Promise<{ granted: number; left: number }> {
    this.leases += 1;
    if (this.away) throw new Error('away');
    const { tokens, at } = this.#tokens.get(id) ?? { tokens: burst, at: this.clock };
    const there = Math.min(burst, tokens + ((this.clock - at) * rate) / 1000);
    const granted = Math.min(want, Math.floor(there));
    this.#tokens.set(id, { tokens: there - granted, at: this.clock });
    return { granted, left: there - granted };
  }
}

/** API processes that share the buckets. Each has a clock of its own, `skew` ahead of the database's. */
function processes(count: number) {
  const buckets = new Buckets();
  const all = Array.from({ length: count }, () => {
    const clock = { skew: 0 };
    const limiter = new SharedLimiter({ limit, store: buckets, name: 'caller', now: () => buckets.clock + clock.skew });
    return { clock, limiter };
  });
  /** Asks each process `perSecond` times a second for so long. @returns how many were admitted */
  const ask = async (forMs: number, perSecond: number, id = 'key:a') => {
    let admitted = 0;
    for (const end = buckets.clock + forMs; buckets.clock < end; buckets.clock += 1000 / perSecond)
      for (const { limiter } of all) if ((await limiter.take(id)).admitted) admitted += 1;
    return admitted;
  };
  return { buckets, all, ask, one: all[0] as (typeof all)[number] };
}

describe('a limit that processes share', () => {
  it.each([1, 2, 5])(
    'admits of %i processes together no more than its bucket gave, and nearly all of that',
    async (count) => {
      const { ask } = processes(count);
      const admitted = await ask(10_000, 1000);
      expect(admitted).toBeLessThanOrEqual(200 + 10 * 100);
      expect(admitted).toBeGreaterThan(0.95 * (200 + 10 * 100));
    },
  );

  it('asks the database a few times a second, whatever is asked of it', async () => {
    const { ask, buckets } = processes(1);
    await ask(10_000, 2000);
    expect(buckets.leases).toBeLessThanOrEqual(6 * 10);
  });

  it('admits everything of a caller who stays below it', async () => {
    const { ask, buckets } = processes(2);
    expect(await ask(5000, 40)).toBe(2 * 5 * 40);
    expect(buckets.leases).toBeLessThanOrEqual(2 * 8 * 5);
  });

  it('lets no caller suffer from another', async () => {
    const { ask, one } = processes(1);
    await ask(2000, 2000, 'key:greedy');
    expect(await one.limiter.take('key:other')).toMatchObject({ admitted: true, retryAfterMs: 0 });
  });

  it('tells when it is worth coming back, and admits then', async () => {
    const { ask, one, buckets } = processes(1);
    await ask(3000, 2000);
    let verdict = await one.limiter.take('key:a');
    while (verdict.admitted) verdict = await one.limiter.take('key:a');
    expect(verdict.retryAfterMs).toBeGreaterThan(0);
    expect(one.limiter.closedFor('key:a')).toBe(verdict.retryAfterMs);
    buckets.clock += verdict.retryAfterMs;
    expect(one.limiter.closedFor('key:a')).toBe(0);
    expect((await one.limiter.take('key:a')).admitted).toBe(true);
  });

  it('charges what a call costs, and a call that costs more than there ever is, all there is', async () => {
    const { one, buckets } = processes(1);
    expect(await one.limiter.take('a', 150)).toMatchObject({ admitted: true, left: 50 });
    expect(await one.limiter.take('a', 51)).toMatchObject({ admitted: false });
    buckets.clock += 5000;
    expect(await one.limiter.take('b', 1000)).toMatchObject({ admitted: true, left: 0 });
  });

  it.each([-3_600_000, 3_600_000])('is the same after the clock of a process has jumped by %i ms', async (jump) => {
    const { ask, one } = processes(1);
    const before = await ask(5000, 1000);
    one.clock.skew = jump;
    const after = await ask(5000, 1000);
    expect(before + after).toBeLessThanOrEqual(200 + 10 * 100);
    expect(after).toBeGreaterThan(0.9 * 5 * 100);
  });

  it('is kept by each process alone while the database is away, and by all together afterwards', async () => {
    const { ask, buckets } = processes(2);
    buckets.away = true;
    const alone = await ask(5000, 1000);
    expect(alone).toBeLessThanOrEqual(2 * (200 + 5 * 100));
    expect(alone).toBeGreaterThan(2 * 5 * 100);
    // Each asks again once a second.
    expect(buckets.leases).toBeLessThanOrEqual(2 * 6);
    buckets.away = false;
    buckets.clock += 1000;
    const together = await ask(10_000, 1000);
    expect(together).toBeLessThanOrEqual(200 + 10 * 100);
  });

  it('gives up tokens that nobody needed for long', async () => {
    const { ask, buckets, all } = processes(2);
    await ask(1000, 200);
    buckets.clock += 3_600_000;
    let admitted = 0;
    for (const { limiter } of all) while ((await limiter.take('key:a')).admitted) admitted += 1;
    expect(admitted).toBe(200);
  });
});

describe('a bucket of one process', () => {
  it('fills to its burst, and by nothing when the clock is put back', () => {
    const bucket = new TokenBucket({ rate: 10, burst: 20 }, 1_000_000);
    expect(bucket.take(20, 1_000_000)).toBe(true);
    expect(bucket.take(1, 1_000_000)).toBe(false);
    expect(bucket.waitFor(1, 1_000_000)).toBe(100);
    expect(bucket.left(900_000)).toBe(0);
    expect(bucket.left(900_500)).toBe(5);
    expect(bucket.left(9_000_000)).toBe(20);
  });
});
