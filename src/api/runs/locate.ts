import type { JobStatus } from '../../core/contract.js';
import { CarillonError, show } from '../../core/errors.js';
import type { RunRow } from '../../store/store.js';
import type { InnerContext } from '../context.js';

export interface LocatedRun {
  project: string;
  runId: string;
  /** Nominal time: part of where its log is. */
  scheduledAt: string;
}

/**
 * A run by its id: from the ledger, from the id itself, or from its job while it is too young for the ledger.
 * @throws CarillonError RUN_NOT_FOUND
 */
export async function locateRun(
  context: InnerContext,
  project: string,
  runId: string,
): Promise<LocatedRun & { row?: RunRow }> {
  const row = await context.store.runs.get(project, runId);
  if (row) return { project, runId, scheduledAt: row.scheduledAt, row };
  const jobId = runId.split('@')[0] as string;
  const status = await context.gateway.query<JobStatus>({ project, jobId }, 'status').catch(() => undefined);
  const known = status === undefined || status === 'unanswered' ? [] : [...status.running, ...status.recent];
  const found = known.find((run) => run.runId === runId);
  if (found) return { project, runId, scheduledAt: found.scheduledAt };
  throw noSuchRun(project, runId);
}

export function noSuchRun(project: string, runId: string): CarillonError {
  return new CarillonError(
    'RUN_NOT_FOUND',
    `Expected \`runId\` to be a run of project ${show(project)}, got ${show(runId)}.`,
    {
      field: 'runId',
      value: runId,
      hint: 'A run is in the ledger when it has ended or taken longer than a second; jobs.status shows those in progress.',
    },
  );
}
