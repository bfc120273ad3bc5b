import type { Store } from '../../store/store.js';
import type { Log } from '../log.js';
import { startSweep } from '../sweep.js';
import { keptMs } from './request-book.js';

/** Every bucket is full again by then. */
const bucketMs = 3_600_000;
const usageDays = 40;

export interface LimitsSweepOptions {
  store: Pick<Store, 'idempotency' | 'rateBuckets' | 'quotas'>;
  log: Log;
  now: () => number;
  /** A number from 0 to 1, so that several APIs do not sweep at once. */
  random: () => number;
  /** Between two sweeps. Default an hour, give or take a fifth. */
  intervalMs?: number;
}

/** Forgets what limits no longer need, now and every hour. Any number of APIs may do it. */
export function startLimitsSweep(options: LimitsSweepOptions): { stop(): Promise<void> } {
  const { log, random, intervalMs = 3_600_000 } = options;
  const sweep = async () => {
    await sweepLimits(options).catch((error: unknown) =>
      log('warn', 'Old answers and limits could not be deleted.', { error: String(error) }),
    );
  };
  return startSweep({ sweep, intervalMs, random });
}

/** @returns how many rows were deleted */
export async function sweepLimits({
  store,
  now,
}: Pick<LimitsSweepOptions, 'store' | 'now'>): Promise<{ answers: number; buckets: number; days: number }> {
  const oldest = new Date(now() - usageDays * 86_400_000).toISOString().slice(0, 10);
  return {
    answers: await store.idempotency.sweep(keptMs),
    buckets: await store.rateBuckets.sweep(bucketMs),
    days: await store.quotas.sweep(oldest),
  };
}
