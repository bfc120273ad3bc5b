import { setTimeout as wait } from 'node:timers/promises';
import type { JobSnapshot } from '../core/contract.js';
import { CarillonError } from '../core/errors.js';
import { isoTime } from '../core/ids.js';
import { isClosed, type JobState } from '../core/states.js';
import type { CalendarUse, CalendarUseKey, JobId, JobRow, Page, Store } from '../store/store.js';
import { planOne } from './calendars/replanner.js';
import type { Backstage } from './context.js';
import { startSweep } from './sweep.js';
import type { JobRefs, OpenJob } from './temporal/gateway.js';

export interface ReconcilerOptions extends Backstage {
  /** A number from 0 to 1, so that several APIs do not sweep at once. */
  random: () => number;
  /** Between two sweeps, in milliseconds. Default 5 min, give or take a fifth. */
  intervalMs?: number;
  /** Between two calls of Temporal, in milliseconds. Default 200: it shares a limit with everybody's lists. */
  paceMs?: number;
}

/** What one sweep found and mended. */
export interface Sweep {
  open: number;
  /** Open jobs without a row, or with a row in another state. */
  refreshed: number;
  /** Rows that said open while the job had ended. */
  closed: number;
  /** Rows that say open of which Temporal knows nothing, and jobs nobody could read. */
  unknown: number;
  /** Jobs that were planned with a calendar as it is no more. */
  planned: number;
}

/** Sweeps now and every few minutes until stopped. */
export function startReconciler(options: ReconcilerOptions): { stop(): Promise<void> } {
  const { log, random, intervalMs = 300_000 } = options;
  const sweep = async (signal: AbortSignal) => {
    try {
      const found = await reconcile(options, signal);
      if (found.refreshed + found.closed + found.unknown + found.planned > 0)
        log('info', 'The read model was compared with Temporal.', { ...found });
    } catch (error) {
      if (!signal.aborted) log('warn', 'The read model could not be compared with Temporal.', { error: String(error) });
    }
  };
  return startSweep({ sweep, intervalMs, random });
}

/**
 * Mends what a crash between Temporal and the database left behind. Changes nothing that is right: every write carries
 * a revision, and an older one never overwrites a newer one.
 */
export async function reconcile(options: ReconcilerOptions, signal?: AbortSignal): Promise<Sweep> {
  const { store, gateway, paceMs = 200 } = options;
  const pace = () => wait(paceMs, undefined, { signal });
  const sweep: Sweep = { open: 0, refreshed: 0, closed: 0, unknown: 0, planned: 0 };
  const rows = await openRows(store);

  for (let page: Uint8Array | undefined, more = true; more; ) {
    const { jobs, next } = await gateway.listOpen(page);
    sweep.open += jobs.length;
    for (const job of jobs) {
      const state = rows.get(keyOf(job));
      rows.delete(keyOf(job));
      if (state !== undefined && agree(state, job.state)) continue;
      await pace();
      await settle(options, job, sweep, () => refresh(options, job, sweep));
    }
    page = next;
    more = next !== undefined;
    if (more) await pace();
  }
  for (const { project, jobId } of [...rows.keys()].map(refOf)) {
    await pace();
    await settle(options, { project, jobId }, sweep, () => settleClosed(options, { project, jobId }, sweep));
  }
  await planOutdated(options, pace, sweep);
  return sweep;
}

/** One job that cannot be read, such as one sealed with a key that is not here, stops nobody else's comparison. */
async function settle(
  { log }: ReconcilerOptions,
  { project, jobId }: JobRefs,
  sweep: Sweep,
  compare: () => Promise<void>,
): Promise<void> {
  try {
    await compare();
  } catch (error) {
    if (error instanceof CarillonError && outages.has(error.code)) throw error;
    sweep.unknown += 1;
    log('warn', 'A job could not be compared with Temporal.', { project, jobId, error: String(error) });
  }
}

/** Codes that say the same of every job. */
const outages = new Set(['TEMPORAL_UNAVAILABLE', 'STORE_UNAVAILABLE']);

/** Temporal is told of pauses, not of every run: `scheduled` there and `running` here is no difference. */
function agree(row: JobState, shown: JobState | undefined): boolean {
  return shown === undefined || (row === 'paused') === (shown === 'paused');
}

async function refresh({ gateway, store }: ReconcilerOptions, job: OpenJob, sweep: Sweep): Promise<void> {
  const snapshot = await gateway.query<JobSnapshot>(job, 'snapshot');
  if (snapshot === undefined || snapshot === 'unanswered') {
    sweep.unknown += 1;
    return;
  }
  await store.write([{ snapshot, entries: [] }]);
  sweep.refreshed += 1;
}

async function settleClosed({ gateway, store, now }: ReconcilerOptions, ref: JobRefs, sweep: Sweep): Promise<void> {
  const execution = await gateway.describe(ref);
  // Temporal's list lags behind; a job that began a moment ago is open and not in it.
  if (execution?.open) return;
  const row = await store.jobs.get(ref.project, ref.jobId);
  if (!execution || !row) {
    sweep.unknown += 1;
    return;
  }
  const final = await gateway.result(ref);
  await store.write([
    { snapshot: final ?? endedByHand(row, execution.status, execution.closedAt ?? isoTime(now())), entries: [] },
  ]);
  sweep.closed += 1;
}

/** A calendar's change is one write, its jobs' are many: a crash between leaves jobs behind. */
async function planOutdated(options: ReconcilerOptions, pace: () => Promise<void>, sweep: Sweep): Promise<void> {
  let after: CalendarUseKey | null = null;
  do {
    const page: Page<CalendarUse, CalendarUseKey> = await options.store.calendars.outdated({ limit: 200, after });
    for (const use of page.items) {
      await pace();
      if ((await planOne(options, use)) === 'planned') sweep.planned += 1;
    }
    after = page.next;
  } while (after);
}

/** A workflow that was terminated, or broke, leaves no last word; its row must not say for ever that it is open. */
function endedByHand({ updatedAt: _, ...row }: JobRow, status: string, closedAt: string): JobSnapshot {
  return {
    ...row,
    revision: row.revision + 2,
    state: status === 'TERMINATED' || status === 'CANCELLED' ? 'cancelled' : 'failed',
    running: 0,
    nextRunAt: null,
    pause: null,
    closedAt,
    closeReason: `workflow ${status.toLowerCase()}`,
  };
}

async function openRows(store: Store): Promise<Map<string, JobState>> {
  const rows = new Map<string, JobState>();
  for (let after: JobId | undefined; ; ) {
    const page = await store.jobs.ids(undefined, after, 1000);
    for (const row of page) if (!isClosed(row.state)) rows.set(keyOf(row), row.state);
    after = page.at(-1);
    if (page.length < 1000) return rows;
  }
}

// Neither a project nor an id holds a slash.
const keyOf = ({ project, jobId }: JobRefs) => `${project}/${jobId}`;

function refOf(key: string): JobRefs {
  const slash = key.indexOf('/');
  return { project: key.slice(0, slash), jobId: key.slice(slash + 1) };
}
