import { type TrackedEnvelope, tracked } from '@trpc/server';
import type { LogLevel } from '../../core/task/context.js';
import type { InnerContext } from '../context.js';
import { locateRun } from './locate.js';
import type { LogFeed } from './log-feed.js';
import { isGrave, type LogPosition, readPosition, writePosition } from './log-text.js';
import type { LogEventView } from './log-views.js';

/** Lines in one event. */
const batch = 500;

export interface FollowRequest {
  project: string;
  runId: string;
  level?: LogLevel;
  lastEventId?: string | null;
}

type Event = TrackedEnvelope<LogEventView>;

/** Everything a run's log holds and comes to hold, until the run has ended and all of it was told. */
export async function* followLog(
  context: InnerContext,
  request: FollowRequest,
  signal: AbortSignal,
): AsyncGenerator<Event> {
  const run = await locateRun(context, request.project, request.runId);
  yield* context.feeds.follow(run, (feed) => view(feed, request, signal));
}

async function* view(feed: LogFeed, { level, lastEventId }: FollowRequest, signal: AbortSignal): AsyncGenerator<Event> {
  let position = readPosition(lastEventId);
  let told = '';
  let number = 0;
  while (!signal.aborted) {
    const { version, complete, row } = feed;
    for (const piece of piecesFrom(feed, position)) {
      const all = await feed.lines(piece);
      for (
        let from = position?.piece === piece ? (position.lines ?? all.length) : 0;
        from < all.length;
        from += batch
      ) {
        const to = from + batch;
        position = to < all.length ? { piece, lines: to } : { piece };
        const lines = all.slice(from, to).filter((line) => isGrave(line, level));
        if (lines.length > 0) yield tracked(writePosition(position), { lines });
      }
    }
    const news = JSON.stringify([row?.state, row?.attempt, row?.progress]);
    if (row && (news !== told || complete)) {
      told = news;
      number += 1;
      // An event needs an id of its own; resuming looks at the position alone.
      const id = position ? writePosition(position) : `${number}`;
      yield tracked(id, { lines: [], run: row, ...(complete && { ended: true }) });
    }
    if (complete) return;
    await feed.changed(version, signal);
  }
}

function piecesFrom({ pieces }: LogFeed, position: LogPosition | undefined): string[] {
  if (!position) return [...pieces];
  return pieces.filter((piece) => (position.lines === undefined ? piece > position.piece : piece >= position.piece));
}
