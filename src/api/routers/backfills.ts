import type { BackfillFilter, BackfillKey } from '../../store/store.js';
import { commandBackfill } from '../backfills/command.js';
import { createBackfill } from '../backfills/create.js';
import {
  backfillListInput,
  backfillRef,
  cancelBackfillInput,
  createBackfillInput,
  pauseBackfillInput,
  resumeBackfillInput,
} from '../backfills/inputs.js';
import { readBackfill } from '../backfills/read.js';
import { viewBackfill } from '../backfills/view.js';
import { backfillCommandView, backfillPage, backfillView, createdBackfillView } from '../backfills/views.js';
import { decodeCursor, encodeCursor } from '../cursor.js';
import { procedure, router } from '../trpc.js';

export const backfillsRouter = router({
  create: procedure
    .meta({
      summary: "Run a job's occurrences of a range; as a dry run, tell which they are.",
      rest: { method: 'POST', path: '/backfills', status: 201 },
    })
    .input(createBackfillInput)
    .output(createdBackfillView)
    .mutation(({ ctx, input }) => createBackfill(ctx, input)),

  get: procedure
    .meta({ summary: 'A backfill and how far it is.', rest: { method: 'GET', path: '/backfills/{id}' } })
    .input(backfillRef)
    .output(backfillView)
    .query(async ({ ctx, input }) => viewBackfill(await readBackfill(ctx, input.project, input.id))),

  list: procedure
    .meta({ summary: 'Backfills, newest first.', rest: { method: 'GET', path: '/backfills' } })
    .input(backfillListInput)
    .output(backfillPage)
    .query(async ({ ctx, input: { limit, cursor, ...filter } }) => {
      const query = { list: 'backfills', ...filter };
      const after = cursor === undefined ? undefined : decodeCursor<BackfillKey>(ctx.keyRing, query, cursor);
      const page = await ctx.store.backfills.list(filter satisfies BackfillFilter, { limit, after });
      return {
        items: page.items.map(viewBackfill),
        nextCursor: page.next && encodeCursor(ctx.keyRing, query, page.next),
      };
    }),

  pause: procedure
    .meta({
      summary: 'Let the runs in progress end and start no more.',
      rest: { method: 'POST', path: '/backfills/{id}/pause' },
    })
    .input(pauseBackfillInput)
    .output(backfillCommandView)
    .mutation(({ ctx, input }) => commandBackfill(ctx, 'pause', input)),

  resume: procedure
    .meta({ summary: 'Go on with a paused backfill.', rest: { method: 'POST', path: '/backfills/{id}/resume' } })
    .input(resumeBackfillInput)
    .output(backfillCommandView)
    .mutation(({ ctx, input }) => commandBackfill(ctx, 'resume', input)),

  cancel: procedure
    .meta({
      summary: 'End a backfill, and its runs in progress.',
      rest: { method: 'POST', path: '/backfills/{id}/cancel' },
    })
    .input(cancelBackfillInput)
    .output(backfillCommandView)
    .mutation(({ ctx, input }) => commandBackfill(ctx, 'cancel', input)),
});
