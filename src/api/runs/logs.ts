import type { TrackedEnvelope } from '@trpc/server';
import { z } from 'zod';
import { isTerminal } from '../../core/states.js';
import { logPrefix } from '../../objects/layout.js';
import { decodeCursor, encodeCursor } from '../cursor.js';
import { procedure } from '../trpc.js';
import { followLog } from './follow-log.js';
import { locateRun } from './locate.js';
import { readLogPage } from './log-page.js';
import type { LogPosition } from './log-text.js';
import {
  followLogInput,
  type LogEventView,
  runLogInput,
  runLogPage,
  runResultInput,
  runResultPage,
} from './log-views.js';
import { resultPart } from './run-result.js';

/** What a run left behind: its log, as it is and as it grows, and its result. */
export const logProcedures = {
  logs: procedure
    .meta({ summary: 'The log of a run, from its beginning.', rest: { method: 'GET', path: '/runs/{runId}/logs' } })
    .input(runLogInput)
    .output(runLogPage)
    .query(async ({ ctx, input: { limit, cursor, project, runId, level } }) => {
      const query = { list: 'logs', project, runId, level };
      const position = cursor === undefined ? undefined : decodeCursor<LogPosition>(ctx.keyRing, query, cursor);
      const run = await locateRun(ctx, project, runId);
      const live = !run.row || !isTerminal(run.row.state);
      if (!ctx.objects) return { items: [], nextCursor: null, live };
      const page = await readLogPage(ctx.objects, logPrefix(run), { position, limit, level });
      const next = page.more && page.position ? encodeCursor(ctx.keyRing, query, page.position) : null;
      return { items: page.lines, nextCursor: next, live };
    }),

  followLogs: procedure
    .meta({
      summary: 'The log of a run from its beginning, and on until the run has ended.',
      rest: { method: 'GET', path: '/runs/{runId}/logs/stream' },
    })
    .input(followLogInput)
    .output(z.custom<AsyncIterable<TrackedEnvelope<LogEventView>, void>>())
    .subscription(({ ctx, input, signal }) => followLog(ctx, input, signal ?? new AbortController().signal)),

  result: procedure
    .meta({
      summary: 'The result of a run as JSON text, in parts.',
      rest: { method: 'GET', path: '/runs/{runId}/result' },
    })
    .input(runResultInput)
    .output(runResultPage)
    .query(({ ctx, input: { project, runId, offset } }) => resultPart(ctx, project, runId, offset)),
};
