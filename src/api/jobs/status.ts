import type { JobStatus, RunSummary } from '../../core/contract.js';
import { CarillonError } from '../../core/errors.js';
import { isClosed } from '../../core/states.js';
import type { InnerContext } from '../context.js';
import type { JobRefs, PendingAttempt } from '../temporal/gateway.js';
import type { StatusView } from '../views.js';
import { readJob, storedJob } from './read.js';
import { nextTimes } from './times.js';

/** What the job is doing now: from the job itself, or from the ledger when it has ended or no worker answers. */
export async function jobStatus(context: InnerContext, ref: JobRefs): Promise<StatusView> {
  const row = await storedJob(context, ref);
  if (row && (row.deletedAt !== undefined || isClosed(row.state))) return statusFromLedger(context, ref);
  const [live, execution] = await Promise.all([
    context.gateway.query<JobStatus>(ref, 'status').catch(unanswered),
    context.gateway.describe(ref).catch(() => undefined),
  ]);
  if (live === undefined || live === 'unanswered') return statusFromLedger(context, ref);
  const { jobId, running, ...rest } = live;
  return { ...rest, id: jobId, live: true, running: running.map((run) => withAttempt(run, execution?.pending ?? [])) };
}

/** While Temporal is away the ledger still knows how the job stood. */
function unanswered(error: unknown): 'unanswered' {
  if (error instanceof CarillonError && error.code === 'TEMPORAL_UNAVAILABLE') return 'unanswered';
  throw error;
}

/** Retries happen inside Temporal; only it knows which attempt is under way. */
function withAttempt(run: RunSummary, pending: PendingAttempt[]): StatusView['running'][number] {
  const activity = pending.find(({ runId }) => runId === run.runId);
  if (!activity) return run;
  const { attempt, lastFailure, nextAttemptAt } = activity;
  return { ...run, state: attempt > 1 || lastFailure ? 'retrying' : 'running', attempt, lastFailure, nextAttemptAt };
}

async function statusFromLedger(context: InnerContext, ref: JobRefs): Promise<StatusView> {
  const job = await readJob(context, ref);
  const recent = await context.store.runs.list({ project: ref.project, jobId: ref.jobId }, { limit: 20 });
  return {
    project: job.project,
    id: job.jobId,
    live: false,
    state: job.state,
    revision: job.revision,
    nextTimes: nextTimes(job, 5, context.now()),
    running: [],
    recent: recent.items,
    counters: job.counters,
    pause: job.pause,
    outbox: null,
    lastRefusal: null,
  };
}
