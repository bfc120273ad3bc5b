import { isDeepStrictEqual } from 'node:util';
import { BackfillState, zeroCounts } from '../../core/backfill/backfill-state.js';
import {
  type BackfillCarry,
  type BackfillRequest,
  type BackfillSnapshot,
  backfillWorkflowType,
} from '../../core/backfill/contract.js';
import type { JobSnapshot } from '../../core/contract.js';
import { CarillonError, show } from '../../core/errors.js';
import { isoTime } from '../../core/ids.js';
import { checkInput } from '../../core/prepare.js';
import type { InnerContext } from '../context.js';
import { readJob } from '../jobs/read.js';
import type { CreateBackfillInput } from './inputs.js';
import { surveyBackfill } from './survey.js';
import { viewBackfill } from './view.js';
import type { BackfillView, SurveyView } from './views.js';

/**
 * Creates a backfill, or finds the one an earlier request with the same id created; or tells what it would run.
 * @throws CarillonError JOB_NOT_FOUND, BACKFILL_EXISTS, INPUT_INVALID, TASK_INPUT_INVALID
 */
export async function createBackfill(
  context: InnerContext,
  { project, jobId, id, by, dryRun, ...request }: CreateBackfillInput,
): Promise<{ backfill: BackfillView | null; dryRun: SurveyView | null }> {
  assertRange(request);
  const known = id === undefined || dryRun ? undefined : await context.store.backfills.get(project, id);
  if (known) return { backfill: viewBackfill(judged(known, jobId, request)), dryRun: null };
  const job = await readJob(context, { project, jobId });
  if (request.input !== undefined) checkInput(request.input, context.registry.get(job.definition.task).input);
  if (dryRun) return { backfill: null, dryRun: await surveyBackfill(context, job, request) };
  await context.quota.assertRuns(project);
  if (request.input !== undefined) await context.quota.assertPayload(project, request.input);

  const carry = firstCarry(job, id ?? `fill-${context.randomText(8)}`, request, by, context.now());
  const begun = await beginBackfill(context, job, carry);
  if (begun === 'taken') throw taken(carry.backfill.backfillId);
  return { backfill: viewBackfill(judged(begun, jobId, request)), dryRun: null };
}

/** Starts a backfill's workflow, or finds the one of its id; `taken`: that one has ended, or does not answer. */
export async function beginBackfill(
  context: InnerContext,
  job: JobSnapshot,
  carry: BackfillCarry,
): Promise<BackfillSnapshot | 'taken'> {
  const { backfillId, project, jobId, request } = carry.backfill;
  const ref = { project, jobId, backfillId };
  const first = new BackfillState(carry).snapshot;
  const { task, owner } = job.definition;
  const begun = await context.gateway.begin(ref, {
    ...{ type: backfillWorkflowType, carry, project, task, owner, state: 'running', priority: request.priority },
    memo: { jobId, backfillId },
    summary: `backfill of ${jobId} · ${request.from} to ${request.to}`,
    details: detailsOf(first, task),
  });
  if (!begun) {
    // The row is still to come: the same request is under way elsewhere, or the database lost it.
    const live = await context.gateway.query<BackfillSnapshot>(ref, 'snapshot');
    return live === undefined || live === 'unanswered' ? 'taken' : live;
  }
  // The workflow writes the row itself too, should the database be away now.
  await context.store.backfills.save(first).catch((error) => {
    context.log('warn', 'A backfill could not be written to the read model.', { ...ref, error: String(error) });
  });
  return first;
}

function assertRange({ from, to }: BackfillRequest): void {
  if (Date.parse(from) < Date.parse(to)) return;
  throw new CarillonError('INPUT_INVALID', `Expected \`to\` to be after \`from\` ${from}, got ${to}.`, {
    field: 'to',
    value: to,
    hint: 'The range holds the nominal times at or after `from` and before `to`.',
  });
}

function judged(known: BackfillSnapshot, jobId: string, request: BackfillRequest): BackfillSnapshot {
  if (known.jobId === jobId && isDeepStrictEqual(plain(known.request), plain(request))) return known;
  throw taken(known.backfillId);
}

/** As it comes back from the database: without what is undefined. */
function plain(request: BackfillRequest): unknown {
  return JSON.parse(JSON.stringify({ ...request, from: Date.parse(request.from), to: Date.parse(request.to) }));
}

function taken(backfillId: string): CarillonError {
  return new CarillonError(
    'BACKFILL_EXISTS',
    `Expected \`id\` to be free or to name the same backfill, got ${show(backfillId)}.`,
    { field: 'id', value: backfillId, hint: 'Choose another id, or leave it out.' },
  );
}

/** What a backfill begins with. */
export function firstCarry(
  job: JobSnapshot,
  backfillId: string,
  request: BackfillRequest,
  createdBy: string | undefined,
  now: number,
): BackfillCarry {
  const { project, jobId, definitionVersion } = job;
  return {
    backfill: {
      ...{ project, backfillId, jobId, definitionVersion, createdBy },
      revision: 1,
      state: 'running',
      request: { ...request, from: isoTime(Date.parse(request.from)), to: isoTime(Date.parse(request.to)) },
      pause: null,
      createdAt: isoTime(now),
      closedAt: null,
      closeReason: null,
    },
    counts: { ...zeroCounts },
    job,
    cursor: null,
    planned: false,
    queue: [],
    running: [],
    outbox: [],
    nextSeq: 1,
    syncBy: isoTime(now),
    syncedAt: null,
    recentCommands: [],
    lastRefusal: null,
  };
}

/** What the Temporal Web UI shows of it, in markdown. */
function detailsOf(
  { backfillId, jobId, request, definitionVersion, createdBy }: BackfillSnapshot,
  task: string,
): string {
  const { from, to, rerun, order, maxActiveRuns, note } = request;
  const lines = [
    `### ${backfillId}`,
    note,
    `- **Job**: ${jobId}, version ${definitionVersion} (\`${task}\`)`,
    `- **Range**: ${from} to ${to}, ${order} first`,
    `- **Runs**: ${rerun}, at most ${maxActiveRuns} at once`,
    createdBy && `- **Created by**: ${createdBy}`,
  ];
  return lines.filter(Boolean).join('\n');
}
