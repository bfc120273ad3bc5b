import { type TrackedEnvelope, tracked } from '@trpc/server';
import { CarillonError } from '../../core/errors.js';
import type { Change, ChangeKey, ChangeReader } from '../../store/store.js';
import { type ChangeFeed, type ChangeFeeds, interrupted } from './change-feed.js';
import { markOf, Trail } from './position.js';
import type { EventView, FollowEventsInput } from './views.js';

export interface FollowOptions {
  feeds: ChangeFeeds;
  changes: ChangeReader;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Who follows is asked again who they are after so many milliseconds. Default 15 minutes. */
  lifeMs?: number;
  /** Without a change of theirs for so long viewers get a new position. Default 30 s. */
  quietMs?: number;
}

type Event = TrackedEnvelope<EventView>;

/** Changes of one statement. */
const pageSize = 1000;
/** Who is further behind lists anew. */
const mostBehind = 100_000;

/** What changes in a project from now on, or from the event on that was seen last. */
export async function* followEvents(
  options: FollowOptions,
  request: FollowEventsInput,
  signal: AbortSignal,
): AsyncGenerator<Event> {
  const { lastEventId } = request;
  const trail = lastEventId ? Trail.read(lastEventId, request.project) : undefined;
  yield* options.feeds.follow((feed) => view(feed, trail, options, request, signal));
}

async function* view(
  feed: ChangeFeed,
  trail: Trail | undefined,
  { changes, now, lifeMs = 900_000, quietMs = 30_000 }: FollowOptions,
  request: FollowEventsInput,
  signal: AbortSignal,
): AsyncGenerator<Event> {
  const { project } = request;
  const enough = AbortSignal.timeout(lifeMs);
  const either = AbortSignal.any([signal, enough]);
  let number = feed.end;
  /** What was read for this viewer alone, and the feed may tell as well. */
  const told = new Set<string>();
  if (trail) {
    const since = Date.parse(feed.since);
    for await (const change of missed(changes, trail, project)) {
      const mark = markOf(change);
      if (trail.has(project, mark)) continue;
      trail.tell(change, mark);
      if (Date.parse(change.at) >= since) told.add(mark);
      if (fits(change, request)) yield tracked(trail.id(project), viewOf(change));
    }
  }
  yield positionOf(trail ? { id: trail.id(project), at: trail.at } : feed.position(project));
  for (let last = now(), skipped = false; ; ) {
    const event = feed.event(number);
    if (event) {
      number += 1;
      const news = event.change.project === project && !told.delete(event.mark) && fits(event.change, request);
      skipped = !news;
      if (!news) continue;
      last = now();
      yield tracked(event.id, viewOf(event.change, event.before));
    } else if (skipped && now() - last >= quietMs) {
      [last, skipped] = [now(), false];
      yield positionOf(feed.position(project));
    } else {
      await feed.until(number, either);
      if (signal.aborted) return;
      if (enough.aborted) throw interrupted('It is time to say again who asks');
    }
  }
}

/** The project's changes since the trail ends, those included that it has told already. */
async function* missed(changes: ChangeReader, { since }: Trail, project: string): AsyncGenerator<Change> {
  let read = 0;
  for (let after: ChangeKey | null | undefined; after !== null; ) {
    const page = await changes.since(since, { limit: pageSize, after });
    read += page.items.length;
    if (read > mostBehind) {
      throw new CarillonError('CURSOR_INVALID', `Expected \`lastEventId\` to be less than ${mostBehind} changes old.`, {
        field: 'lastEventId',
        hint: 'Leave it out to follow what happens from now on, and list what there is.',
      });
    }
    for (const change of page.items) if (change.project === project) yield change;
    after = page.next;
  }
}

function fits(change: Change, { jobId, kinds, states }: FollowEventsInput): boolean {
  return (
    (jobId === undefined || change.jobId === jobId) &&
    (!kinds || kinds.includes(change.kind)) &&
    (!states || states.includes(change.state))
  );
}

function viewOf(change: Change, before?: Change['state']): EventView {
  return { ...change, ...(before !== undefined && { before }) } as EventView;
}

function positionOf({ id, at }: { id: string; at: string }): Event {
  return tracked(id, { kind: 'position', at });
}
