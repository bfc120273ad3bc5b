import type { RunFilter, RunKey } from '../../store/store.js';
import { decodeCursor, encodeCursor } from '../cursor.js';
import { runListInput, runRef } from '../inputs.js';
import { noSuchRun } from '../runs/locate.js';
import { logProcedures } from '../runs/logs.js';
import { procedure, router } from '../trpc.js';
import { runPage, runView } from '../views.js';

export const runsRouter = router({
  get: procedure
    .meta({ summary: 'One run, or one occurrence that did not run.' })
    .input(runRef)
    .output(runView)
    .query(async ({ ctx, input: { project, runId } }) => {
      const run = await ctx.store.runs.get(project, runId);
      if (run) return run;
      throw noSuchRun(project, runId);
    }),

  list: procedure
    .meta({ summary: 'The ledger, newest nominal time first.' })
    .input(runListInput)
    .output(runPage)
    .query(async ({ ctx, input: { limit, cursor, ...filter } }) => {
      const query = { list: 'runs', ...filter };
      const after = cursor === undefined ? undefined : decodeCursor<RunKey>(query, cursor);
      const page = await ctx.store.runs.list(filter satisfies RunFilter, { limit, after });
      return { items: page.items, nextCursor: page.next && encodeCursor(query, page.next) };
    }),

  ...logProcedures,
});
