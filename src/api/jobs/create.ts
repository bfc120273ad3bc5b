import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { JobSnapshot } from '../../core/contract.js';
import { CarillonError, show } from '../../core/errors.js';
import type { JobRow } from '../../store/store.js';
import { withOwner } from '../access/ownership.js';
import { base32 } from '../base32.js';
import type { Context, InnerContext } from '../context.js';
import type { createInput } from '../inputs.js';
import type { JobRefs } from '../temporal/gateway.js';
import { firstCarry, firstSnapshot } from './genesis.js';
import { prepare } from './prepare.js';
import { storedJob } from './read.js';

/**
 * Creates a job, or finds the one an earlier request with the same idempotency key created.
 * @throws CarillonError JOB_EXISTS, IDEMPOTENCY_MISMATCH, QUOTA_EXCEEDED, PAYLOAD_TOO_LARGE, or what is wrong with the definition
 */
export async function createJob(context: Context, input: z.output<typeof createInput>): Promise<JobSnapshot> {
  const { id, project, by, idempotencyKey, ...definition } = input;
  const submitted = withOwner(context.caller, project, definition);
  const ref = { project, jobId: id ?? derivedId(context, project, submitted.task, idempotencyKey) };
  const request = { ref, submitted, idempotencyKey };
  const repeated = id === undefined && idempotencyKey === undefined ? undefined : await storedJob(context, ref);
  if (repeated) return judgeRow(context, request, repeated);

  const carry = await prepareFirst(context, request, by);
  if ('known' in carry) return carry.known;
  await context.quota.assertPayload(project, submitted.input);
  return context.quota.withRoom(project, async () => {
    const [begun] = await Promise.all([context.gateway.start(carry), context.projects.ensure(project, by)]);
    if (!begun) {
      const known = await repeatedJob(context, request);
      if (known) return known;
      throw taken(ref);
    }
    const snapshot = firstSnapshot(carry);
    await context.projection.save(snapshot);
    return snapshot;
  });
}

interface Request {
  ref: JobRefs;
  submitted: { task: string };
  idempotencyKey: string | undefined;
}

/** A time that was ahead at the first request may have passed at its repetition: then the job is there already. */
async function prepareFirst(context: InnerContext, request: Request, by: string | undefined) {
  const now = context.now();
  try {
    const prepared = await prepare(context, request.ref, request.submitted, now);
    return firstCarry(request.ref, prepared, { idempotencyKey: request.idempotencyKey, createdBy: by }, now);
  } catch (error) {
    const passed = error instanceof CarillonError && error.code === 'SCHEDULE_NEVER_FIRES';
    const known = passed && request.idempotencyKey !== undefined ? await repeatedJob(context, request) : undefined;
    if (known) return { known };
    throw error;
  }
}

/** The job that has the id, if it is this request's own; undefined when Temporal does not know the id. */
async function repeatedJob(context: InnerContext, request: Request): Promise<JobSnapshot | undefined> {
  const row = await storedJob(context, request.ref);
  if (row) return judgeRow(context, request, row);
  const execution = await context.gateway.describe(request.ref);
  if (!execution) return undefined;
  const { memo } = execution;
  const createdAt = Date.parse(memo.createdAt ?? '');
  if (Number.isNaN(createdAt)) throw taken(request.ref);
  const digest = await judge(context, request, { ...memo, createdAt });
  const live = await context.gateway.query<JobSnapshot>(request.ref, 'snapshot');
  if (live !== undefined && live !== 'unanswered') return live;
  // Neither database nor worker answers; how the job began can be told from what Temporal itself remembers.
  const prepared = { ...(await prepare(context, request.ref, request.submitted, createdAt)), digest };
  return firstSnapshot(firstCarry(request.ref, prepared, memo, createdAt));
}

async function judgeRow(context: InnerContext, request: Request, row: JobRow): Promise<JobSnapshot> {
  if (row.deletedAt !== undefined) throw deleted(request.ref, row.deletedAt);
  const { project, jobId } = request.ref;
  const first = row.definitionVersion > 1 ? await context.store.versions.get(project, jobId, 1) : undefined;
  const digest = first?.digest ?? row.digest;
  await judge(context, request, { digest, idempotencyKey: row.idempotencyKey, createdAt: Date.parse(row.createdAt) });
  return row;
}

/** Whether the job is what this request asked for. @returns the digest both have */
async function judge(
  context: InnerContext,
  { ref, submitted, idempotencyKey }: Request,
  found: { digest?: string; idempotencyKey?: string; createdAt: number },
): Promise<string> {
  if (idempotencyKey === undefined || found.idempotencyKey !== idempotencyKey) throw taken(ref);
  const { digest } = await prepare(context, ref, submitted, found.createdAt);
  if (digest === found.digest) return digest;
  throw new CarillonError(
    'IDEMPOTENCY_MISMATCH',
    `Expected the definition that \`idempotencyKey\` ${show(idempotencyKey)} was first used with, got another.`,
    {
      field: 'idempotencyKey',
      value: idempotencyKey,
      hint: 'Use a new key for a new job; change this one by jobs.update.',
    },
  );
}

function taken({ project, jobId }: JobRefs): CarillonError {
  return new CarillonError(
    'JOB_EXISTS',
    `Expected \`id\` to be free in project ${show(project)}, got ${show(jobId)}.`,
    {
      field: 'id',
      value: jobId,
      hint: 'Choose another id, or change the job by jobs.update; jobs that have ended keep their id.',
    },
  );
}

/** The id is that of a job that was deleted. */
export function deleted({ project, jobId }: JobRefs, since: string): CarillonError {
  return new CarillonError(
    'JOB_EXISTS',
    `Expected \`id\` to be free in project ${show(project)}, got ${show(jobId)}, which was deleted at ${since}.`,
    {
      field: 'id',
      value: jobId,
      hint: 'Choose another id: that of a deleted job is not given again, as its runs stay in the ledger.',
    },
  );
}

function derivedId(context: InnerContext, project: string, task: string, idempotencyKey: string | undefined): string {
  if (idempotencyKey === undefined) return `${task.slice(0, 80)}-${context.randomText(8)}`;
  return `job-${base32(createHash('sha256').update(`${project}\n${idempotencyKey}`).digest()).slice(0, 16)}`;
}
