import type { JobSnapshot } from '../../core/contract.js';
import { CarillonError, show } from '../../core/errors.js';
import { isClosed } from '../../core/states.js';
import type { JobRow, RunRow } from '../../store/store.js';
import type { Backstage } from '../context.js';
import type { JobRefs } from '../temporal/gateway.js';

/** The job's row, of a deleted one as well; undefined when there is none, or the database is away. */
export async function storedJob(context: Backstage, { project, jobId }: JobRefs): Promise<JobRow | undefined> {
  try {
    return await context.store.jobs.get(project, jobId);
  } catch (error) {
    if (!(error instanceof CarillonError) || error.code !== 'STORE_UNAVAILABLE') throw error;
    context.log('warn', 'The database does not answer; asking the job itself.', { project, jobId });
    return undefined;
  }
}

/** A run's row; undefined when there is none, or the database is away. */
export async function storedRun({ store }: Backstage, project: string, runId: string): Promise<RunRow | undefined> {
  return store.runs.get(project, runId).catch((error) => {
    if (error instanceof CarillonError && error.code === 'STORE_UNAVAILABLE') return undefined;
    throw error;
  });
}

/**
 * The job from the database, or else from the job itself.
 * @throws CarillonError JOB_NOT_FOUND (a deleted one too), WORKER_UNAVAILABLE (Temporal has it, nobody can read it), STORE_UNAVAILABLE
 */
export async function readJob(context: Backstage, ref: JobRefs): Promise<JobSnapshot> {
  let away: unknown;
  let known: JobRow | undefined;
  try {
    known = await context.store.jobs.get(ref.project, ref.jobId);
  } catch (error) {
    away = error;
  }
  if (known?.deletedAt !== undefined) throw notFound(ref);
  if (known) return known;
  const live = await context.gateway.query<JobSnapshot>(ref, 'snapshot');
  if (live === undefined) throw away ?? notFound(ref);
  if (live !== 'unanswered') return live;
  // A job that was being created at the first look has its row by now.
  const row = away === undefined ? await storedJob(context, ref) : undefined;
  if (row) return row;
  throw away ?? noWorker(ref);
}

/** Why there is no open workflow for this job. */
export async function absence(context: Backstage, ref: JobRefs): Promise<CarillonError> {
  const row = await storedJob(context, ref);
  if (row?.deletedAt !== undefined) return notFound(ref);
  if (row || (await context.gateway.describe(ref))) return closed(ref, row);
  return notFound(ref);
}

export function closed({ jobId }: JobRefs, row: JobSnapshot | undefined): CarillonError {
  const how = row && isClosed(row.state) ? ` (${row.state} at ${row.closedAt})` : '';
  return new CarillonError('JOB_CLOSED', `Expected job ${show(jobId)} to be open, got one that has ended${how}.`, {
    field: 'id',
    value: jobId,
    hint: 'A job that has ended keeps its id and its history; create another job under a new id.',
  });
}

function notFound({ project, jobId }: JobRefs): CarillonError {
  return new CarillonError(
    'JOB_NOT_FOUND',
    `Expected \`id\` to be a job of project ${show(project)}, got ${show(jobId)}.`,
    {
      field: 'id',
      value: jobId,
      hint: 'List the jobs of the project, and check its name.',
    },
  );
}

function noWorker({ jobId }: JobRefs): CarillonError {
  return new CarillonError('WORKER_UNAVAILABLE', `Job ${show(jobId)} exists, but no worker answered for it.`, {
    field: 'id',
    value: jobId,
    hint: 'Start a worker, and check `system.health`.',
  });
}

/** @param expected version of the definition; 0: no job */
export function changed(expected: number, version: number): CarillonError {
  const [wanted, got] = [expected, version].map((one) => (one === 0 ? 'no such job' : `version ${one} of the job`));
  return new CarillonError('JOB_CHANGED', `Expected ${wanted}, got ${got}.`, {
    field: 'ifVersion',
    value: expected,
    hint: 'Look at the definition as it is now, and decide again.',
  });
}
