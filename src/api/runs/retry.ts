import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { JobSnapshot, RunSummary } from '../../core/contract.js';
import { CarillonError, show } from '../../core/errors.js';
import { backfillRunId, triggeredRunId } from '../../core/ids.js';
import { checkInput } from '../../core/prepare.js';
import { isClosed } from '../../core/states.js';
import type { RunRow } from '../../store/store.js';
import { beginBackfill, firstCarry } from '../backfills/create.js';
import type { InnerContext } from '../context.js';
import { readJob } from '../jobs/read.js';
import { findRun, inputOf } from './detail.js';
import type { RetryRunInput } from './inputs.js';
import type { RetryView } from './views.js';

/**
 * Runs a failed run's nominal time again, with the input it had, by the job's definition as it is now. The job does it,
 * whatever its overlap policy says; of a job that has ended, a backfill of this one time.
 * @throws CarillonError RUN_NOT_FOUND, RUN_NOT_FAILED, TASK_INPUT_INVALID: the input no longer fits
 */
export async function retryRun(
  context: InnerContext,
  { project, runId, key, input: asked, by }: RetryRunInput,
): Promise<RetryView> {
  const run = await findRun(context, project, runId);
  assertFailed(run);
  await context.quota.assertRuns(project);
  if (asked !== undefined) await context.quota.assertPayload(project, asked);
  const job = await readJob(context, { project, jobId: run.jobId });
  const input = asked ?? (await inputOf(context, run));
  const differs = !isDeepStrictEqual(input, job.definition.input);
  if (differs) checkInput(input, context.registry.get(job.definition.task).input);
  const name = key ?? `retry-${createHash('sha256').update(runId).digest('hex').slice(0, 16)}`;
  const again = { run, key: name, by, ...(differs && { input }) };
  return (!isClosed(job.state) && (await byJob(context, again))) || byBackfill(context, job, again);
}

interface Again {
  run: RunRow;
  key: string;
  by?: string;
  input?: unknown;
}

/** Undefined: the job has ended meanwhile. */
async function byJob(context: InnerContext, { run, key, by, input }: Again): Promise<RetryView | undefined> {
  const { project, jobId, runId: retryOf, scheduledAt } = run;
  const runId = triggeredRunId(jobId, key);
  const view = { retryOf, runId, via: 'job' } as const;
  if (await context.store.runs.get(project, runId)) return { ...view, confirmed: true };
  const commandId = context.randomText(16);
  const payload = { commandId, key, by, input, retryOf, scheduledAt };
  const answer = await context.gateway.command<{ snapshot: JobSnapshot; run: RunSummary | null }>(
    { project, jobId },
    'trigger',
    payload,
  );
  if (answer === undefined) return undefined;
  if (answer === 'unconfirmed') return { ...view, confirmed: false };
  await context.projection.save(answer.snapshot);
  return { ...view, confirmed: true };
}

async function byBackfill(context: InnerContext, job: JobSnapshot, { run, key, by, input }: Again): Promise<RetryView> {
  const { jobId, runId: retryOf, scheduledAt } = run;
  const at = Date.parse(scheduledAt);
  const backfillId = key.replaceAll(/[^A-Za-z0-9._-]/g, '-').slice(0, 80);
  const carry = firstCarry(
    job,
    backfillId,
    {
      ...{ from: scheduledAt, to: new Date(at + 1).toISOString(), rerun: 'all', order: 'oldest', maxActiveRuns: 1 },
      ...{ priority: job.definition.priority, note: `retry of ${retryOf}`, input },
    },
    by,
    context.now(),
  );
  // The time is known already, and need not be one of the schedule: the run may have been started by hand.
  const planned = { ...carry, planned: true, queue: [scheduledAt], counts: { ...carry.counts, total: 1 } };
  // One that is there already is the retry of an earlier call.
  await beginBackfill(context, job, planned);
  return { retryOf, runId: backfillRunId(jobId, at, backfillId), via: 'backfill', confirmed: true };
}

export function assertFailed({ runId, state }: Pick<RunRow, 'runId' | 'state'>): void {
  if (state === 'failed' || state === 'timed_out') return;
  throw new CarillonError(
    'RUN_NOT_FAILED',
    `Expected \`runId\` to be a run that failed, got ${show(runId)} (${state}).`,
    {
      field: 'runId',
      value: runId,
      hint: 'To run a job once more, trigger it; to run past times again, create a backfill.',
    },
  );
}
