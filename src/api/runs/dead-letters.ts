import type { CarillonError } from '../../core/errors.js';
import { isoTime } from '../../core/ids.js';
import type { RunFilter, RunKey, RunRow } from '../../store/store.js';
import { toCarillonError } from '../client/client.js';
import type { InnerContext } from '../context.js';
import { decodeCursor, encodeCursor } from '../cursor.js';
import { findRun } from './detail.js';
import type { DeadLettersInput, DismissInput, RedriveInput } from './inputs.js';
import { assertFailed, retryRun } from './retry.js';
import type { RedriveView, RetryView } from './views.js';

/** Retries under way at the same time of one redrive. */
const atOnce = 8;

/** Runs that failed for good and wait for somebody to look, newest nominal time first. */
export async function deadLetters(
  context: InnerContext,
  { limit, cursor, ...filter }: DeadLettersInput,
): Promise<{ items: RunRow[]; nextCursor: string | null }> {
  const query = { list: 'deadLetters', ...filter };
  const after = cursor === undefined ? undefined : decodeCursor<RunKey>(context.keyRing, query, cursor);
  const page = await context.store.runs.list({ ...filter, dead: true } satisfies RunFilter, { limit, after });
  return { items: page.items, nextCursor: page.next && encodeCursor(context.keyRing, query, page.next) };
}

/** Tries dead letters again, as far as `limit`. Asked again, it starts no second retry of a run. */
export async function redrive(
  context: InnerContext,
  { limit, dryRun, by, ...filter }: RedriveInput,
): Promise<RedriveView> {
  const page = await context.store.runs.list({ ...filter, dead: true } satisfies RunFilter, { limit });
  const view = { dryRun, more: page.next !== null, runs: page.items };
  if (dryRun) return { ...view, count: page.items.length, retries: [], refused: [] };
  const retries: RetryView[] = [];
  const refused: RedriveView['refused'] = [];
  // The oldest first: what failed earlier is tried again earlier.
  const queue = [...page.items].reverse().values();
  const work = async () => {
    for (const { project, runId } of queue) {
      try {
        retries.push(await retryRun(context, { project, runId, by }));
      } catch (error) {
        const { code, message } = refusalOf(error);
        refused.push({ runId, error: { code, message } });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, page.items.length) }, work));
  return { ...view, count: retries.length, retries, refused };
}

/** Nothing is to be done about a failure: it is no dead letter any more; or it is one again. */
export async function dismissRun(
  context: InnerContext,
  { project, runId, note, undo, by }: DismissInput,
): Promise<RunRow> {
  assertFailed(await findRun(context, project, runId));
  await context.store.runs.dismiss(project, runId, undo ? null : { at: isoTime(context.now()), by, note });
  return findRun(context, project, runId);
}

/** What goes wrong with one run is told of it; without database or Temporal, nothing goes on. */
function refusalOf(error: unknown): CarillonError {
  const refusal = toCarillonError(error);
  if (refusal.code === 'STORE_UNAVAILABLE' || refusal.code === 'TEMPORAL_UNAVAILABLE') throw error;
  return refusal;
}
