import type { TrackedEnvelope } from '@trpc/server';
import { z } from 'zod';
import { followEvents } from '../events/follow.js';
import { type EventView, followEventsInput } from '../events/views.js';
import { procedure, router } from '../trpc.js';

export const eventsRouter = router({
  follow: procedure
    .meta({
      summary: 'Changes of jobs and runs, as they happen; with the id of the last event, all since then.',
      rest: { method: 'GET', path: '/events' },
    })
    .input(followEventsInput)
    .output(z.custom<AsyncIterable<TrackedEnvelope<EventView>, void>>())
    .subscription(({ ctx, input, signal }) =>
      followEvents(
        { feeds: ctx.changeFeeds, changes: ctx.store.changes, now: ctx.now },
        input,
        signal ?? new AbortController().signal,
      ),
    ),
});
