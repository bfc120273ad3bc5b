import { toCarillonError } from '../../api/client/client.js';
import type { CarillonError } from '../../core/errors.js';
import { requestWidth } from '../files/server-check.js';
import { inParallel } from '../in-parallel.js';
import type { Invocation } from '../invocation.js';

/** What was done about one job. */
export interface Outcome {
  id: string;
  project: string;
  action: string;
  words?: string;
  error?: { code: string; message: string };
}

/** Ends jobs and the runs in progress. One that ended meanwhile, or is not there, is no failure. */
export async function cancelAll(
  { client, by, io }: Invocation,
  jobs: { id: string; project: string }[],
  reason: string,
): Promise<{ outcomes: Outcome[]; failures: CarillonError[]; confirmed: boolean }> {
  const outcomes: Outcome[] = [];
  const failures: CarillonError[] = [];
  let confirmed = true;
  await inParallel(jobs, requestWidth, async ({ id, project }, index) => {
    try {
      const answer = await client.jobs.cancel.mutate({ id, project, by, reason });
      confirmed &&= answer.confirmed;
      outcomes[index] = { id, project, action: 'cancelled' };
    } catch (error) {
      const { code, message } = toCarillonError(error);
      if (code === 'JOB_CLOSED' || code === 'JOB_NOT_FOUND') {
        outcomes[index] = { id, project, action: code === 'JOB_CLOSED' ? 'ended' : 'absent' };
        return;
      }
      failures.push(toCarillonError(error));
      io.err(`${project}/${id}: ${code} ${message}\n`);
      outcomes[index] = { id, project, action: 'failed', error: { code, message } };
    }
  });
  return { outcomes, failures, confirmed };
}
