import type { CancelRunCommand } from '../../core/commands.js';
import { CarillonError, show } from '../../core/errors.js';
import { parseRunId } from '../../core/ids.js';
import { isTerminal } from '../../core/states.js';
import type { InnerContext } from '../context.js';
import { commandJob } from '../jobs/command.js';
import { storedRun } from '../jobs/read.js';
import type { CommandView } from '../views.js';

/**
 * Cancels one run that is under way, waits for its turn or for its next attempt.
 * @throws CarillonError RUN_NOT_FOUND (no run id), RUN_ENDED, JOB_CLOSED, INPUT_INVALID (a backfill's)
 */
export async function cancelRun(
  context: InnerContext,
  project: string,
  command: CancelRunCommand,
): Promise<CommandView> {
  const { runId } = command;
  const { jobId, backfillId } = parseRunId(runId) ?? {};
  if (jobId === undefined) {
    throw new CarillonError('RUN_NOT_FOUND', `Expected \`runId\` to be the id of a run, got ${show(runId)}.`, {
      field: 'runId',
      value: runId,
      hint: 'It begins with the job: backup@2026-11-21T09:00:00Z.',
    });
  }
  if (backfillId !== undefined) {
    throw new CarillonError('INPUT_INVALID', `Expected \`runId\` to be a run of a job, got one of a backfill.`, {
      field: 'runId',
      value: runId,
      hint: `Cancel the backfill ${backfillId}: its runs end with it.`,
    });
  }
  const row = await storedRun(context, project, runId);
  if (row && isTerminal(row.state)) {
    throw new CarillonError(
      'RUN_ENDED',
      `Expected \`runId\` to be a run under way, got ${show(runId)} (${row.state}).`,
      {
        field: 'runId',
        value: runId,
        hint: 'There is nothing left to cancel.',
      },
    );
  }
  return commandJob(context, { project, jobId }, 'cancelRun', command);
}
