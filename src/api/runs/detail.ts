import { backfillWorkflowId, parseRunId, workflowId } from '../../core/ids.js';
import { isTerminal } from '../../core/states.js';
import type { RunRow } from '../../store/store.js';
import type { InnerContext } from '../context.js';
import { linksOf } from '../jobs/view.js';
import { noSuchRun } from './locate.js';
import type { AttemptView, RunDetailView } from './views.js';

/** @throws CarillonError RUN_NOT_FOUND */
export async function findRun(context: InnerContext, project: string, runId: string): Promise<RunRow> {
  const run = await context.store.runs.get(project, runId);
  if (run) return run;
  throw noSuchRun(project, runId);
}

/** A run with everything that is known of it. @throws CarillonError RUN_NOT_FOUND */
export async function runDetail(context: InnerContext, project: string, runId: string): Promise<RunDetailView> {
  const run = await findRun(context, project, runId);
  const [failed, input] = await Promise.all([context.store.attempts.list(project, runId), inputOf(context, run)]);
  const backfillId = parseRunId(runId)?.backfillId;
  const workflow =
    backfillId === undefined ? workflowId(project, run.jobId) : backfillWorkflowId(project, run.jobId, backfillId);
  return {
    ...run,
    ...(input !== undefined && { input }),
    attempts: [...failed, ...lastAttempt(run, failed.at(-1)?.attempt ?? 0)],
    links: linksOf(workflow, context.consoles),
  };
}

/** What a run was given: its own input, else that of the definition it was made with. */
export async function inputOf({ store }: InnerContext, run: RunRow): Promise<unknown> {
  if (run.input !== undefined) return run.input;
  const version = await store.versions.get(run.project, run.jobId, run.definitionVersion);
  return version?.definition.input;
}

/** The attempt that the run's own row tells of, unless it failed and another is to follow. */
function lastAttempt(run: RunRow, told: number): AttemptView[] {
  if (run.attempt <= told) return [];
  const { attempt, state, startedAt, finishedAt, error, errorCauses, worker } = run;
  return [
    {
      ...{ attempt, state },
      // Of a later attempt only the run's own beginning is known.
      ...(attempt === 1 && startedAt !== undefined && { startedAt }),
      ...(isTerminal(state) && finishedAt !== undefined && { finishedAt }),
      ...(error && { error }),
      ...(errorCauses && { causes: errorCauses }),
      ...(worker !== undefined && { worker }),
    },
  ];
}
