import type { RunFilter, RunKey } from '../../store/store.js';
import { decodeCursor, encodeCursor } from '../cursor.js';
import { runListInput, runRef } from '../inputs.js';
import { cancelRun } from '../runs/cancel.js';
import { deadLetters, dismissRun, redrive } from '../runs/dead-letters.js';
import { runDetail } from '../runs/detail.js';
import { cancelRunInput, deadLettersInput, dismissInput, redriveInput, retryRunInput } from '../runs/inputs.js';
import { logProcedures } from '../runs/logs.js';
import { retryRun } from '../runs/retry.js';
import { redriveView, retryView, runDetailView } from '../runs/views.js';
import { procedure, router } from '../trpc.js';
import { commandView, runPage, runView } from '../views.js';

export const runsRouter = router({
  get: procedure
    .meta({
      summary: 'One run with its attempts, or one occurrence that did not run.',
      rest: { method: 'GET', path: '/runs/{runId}' },
    })
    .input(runRef)
    .output(runDetailView)
    .query(({ ctx, input: { project, runId } }) => runDetail(ctx, project, runId)),

  list: procedure
    .meta({ summary: 'The ledger, newest nominal time first.', rest: { method: 'GET', path: '/runs' } })
    .input(runListInput)
    .output(runPage)
    .query(async ({ ctx, input: { limit, cursor, ...filter } }) => {
      const query = { list: 'runs', ...filter };
      const after = cursor === undefined ? undefined : decodeCursor<RunKey>(ctx.keyRing, query, cursor);
      const page = await ctx.store.runs.list(filter satisfies RunFilter, { limit, after });
      return { items: page.items, nextCursor: page.next && encodeCursor(ctx.keyRing, query, page.next) };
    }),

  cancel: procedure
    .meta({
      summary: 'Cancel one run, in progress or waiting; the job goes on.',
      rest: { method: 'POST', path: '/runs/{runId}/cancel' },
    })
    .input(cancelRunInput)
    .output(commandView)
    .mutation(({ ctx, input: { project, ...command } }) => cancelRun(ctx, project, command)),

  retry: procedure
    .meta({
      summary: 'Run the nominal time of a failed run again, with the input it had.',
      rest: { method: 'POST', path: '/runs/{runId}/retry', status: 202 },
    })
    .input(retryRunInput)
    .output(retryView)
    .mutation(({ ctx, input }) => retryRun(ctx, input)),

  deadLetters: procedure
    .meta({
      summary: 'Runs that failed for good and were neither tried again nor dismissed.',
      rest: { method: 'GET', path: '/dead-letters' },
    })
    .input(deadLettersInput)
    .output(runPage)
    .query(({ ctx, input }) => deadLetters(ctx, input)),

  redrive: procedure
    .meta({
      summary: 'Try dead letters again, by filter; as a dry run, tell which they are.',
      rest: { method: 'POST', path: '/dead-letters/redrive' },
    })
    .input(redriveInput)
    .output(redriveView)
    .mutation(({ ctx, input }) => redrive(ctx, input)),

  dismiss: procedure
    .meta({
      summary: 'Take a failed run out of the dead letters, or put it back.',
      rest: { method: 'POST', path: '/runs/{runId}/dismiss' },
    })
    .input(dismissInput)
    .output(runView)
    .mutation(({ ctx, input }) => dismissRun(ctx, input)),
  ...logProcedures,
});
