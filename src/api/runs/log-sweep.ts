import { durationMs } from '../../core/duration.js';
import type { TaskSettings } from '../../core/task/services.js';
import type { ObjectStore } from '../../objects/object-store.js';
import { openObjectStore } from '../../objects/open.js';
import type { Log } from '../log.js';
import { startSweep } from '../sweep.js';

const prefix = 'logs/';
const defaultRetention = 'P30D';

export interface LogSweepOptions {
  settings: Pick<TaskSettings, 'objects'>;
  log: Log;
  now: () => number;
  /** A number from 0 to 1, so that several APIs do not sweep at once. */
  random: () => number;
  /** Between two sweeps. Default an hour, give or take a fifth. */
  intervalMs?: number;
}

/**
 * Deletes logs older than `objects.logRetention`, now and every hour. Any number of APIs may do it: deleting twice is no
 * fault.
 * @throws CarillonError DURATION_INVALID, CONFIG_INVALID
 */
export function startLogSweep({ settings, log, now, random, intervalMs = 3_600_000 }: LogSweepOptions): {
  stop(): Promise<void>;
} {
  const { url, logRetention = defaultRetention } = settings.objects ?? {};
  const retentionMs = durationMs(logRetention, 'objects.logRetention');
  if (url === undefined) return { stop: async () => {} };
  const objects = openObjectStore(url);
  const sweep = async (signal: AbortSignal) => {
    try {
      const deleted = await sweepLogs(objects, now() - retentionMs, signal);
      if (deleted > 0) log('info', 'Old logs were deleted.', { deleted, olderThan: logRetention });
    } catch (error) {
      log('warn', 'Old logs could not be deleted.', { error: String(error) });
    }
  };
  const sweeping = startSweep({ sweep, intervalMs, random });
  return {
    async stop() {
      await sweeping.stop();
      objects.close();
    },
  };
}

/**
 * Deletes the pieces of logs last written before `before` (ms). Looks only at days before that: a log lies under the day
 * of its run's nominal time, and is never older. A run that was caught up or backfilled may have a younger one.
 * @returns how many pieces
 */
export async function sweepLogs(objects: ObjectStore, before: number, signal?: AbortSignal): Promise<number> {
  let deleted = 0;
  for (let after: string | undefined; !signal?.aborted; ) {
    const page = await objects.list(prefix, after === undefined ? {} : { after });
    const due = page.objects.filter(({ key }) => beginOf(key) < before);
    const old = due.filter(({ modifiedAt }) => modifiedAt < before).map(({ key }) => key);
    await objects.delete(old);
    deleted += old.length;
    // Days come in order: what follows is younger.
    if (page.next === undefined || due.length < page.objects.length) break;
    after = page.next;
  }
  return deleted;
}

/** When the day began under which the object lies; never, if that is none. */
function beginOf(key: string): number {
  const begin = Date.parse(`${key.slice(prefix.length, prefix.length + 10)}T00:00:00Z`);
  return Number.isNaN(begin) ? Number.POSITIVE_INFINITY : begin;
}
