import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.js';

/** How fast a bucket fills, and how much it holds. */
export interface BucketLimit {
  /** Tokens per second. */
  rate: number;
  burst: number;
}

/** Token buckets that processes share. They fill by the database's clock, so that no process's own matters. */
export interface RateBucketStore {
  /**
   * Takes whole tokens out of a bucket, as many as there are up to `want`. A bucket nobody knows is full.
   * @returns what was taken, and what is left
   */
  lease(id: string, want: number, limit: BucketLimit): Promise<{ granted: number; left: number }>;
  /** Forgets buckets that nobody has used for `idleMs`; they must be full by then. @returns how many */
  sweep(idleMs: number): Promise<number>;
}

export function rateBucketStore(db: Kysely<Database>): RateBucketStore {
  return {
    async lease(id, want, { rate, burst }) {
      const first = Math.min(want, Math.floor(burst));
      const passed = sql`greatest(0, extract(epoch from excluded.refilled_at - bucket.refilled_at))::double precision`;
      const there = sql`least(${burst}::double precision, bucket.tokens + ${rate}::double precision * ${passed})`;
      const taken = sql`least(${want}::double precision, floor(${there}))`;
      const { rows } = await sql<{ granted: number; left: number }>`
        insert into rate_buckets as bucket (id, tokens, granted, refilled_at)
        values (${id}, ${burst - first}, ${first}, clock_timestamp())
        on conflict (id) do update
        set tokens = ${there} - ${taken}, granted = ${taken},
          refilled_at = greatest(bucket.refilled_at, excluded.refilled_at)
        returning granted, tokens as left
      `.execute(db);
      return rows[0] as { granted: number; left: number };
    },

    async sweep(idleMs) {
      const { numAffectedRows } = await sql`delete from rate_buckets
        where refilled_at < clock_timestamp() - ${idleMs}::double precision * interval '1 millisecond'`.execute(db);
      return Number(numAffectedRows ?? 0);
    },
  };
}
