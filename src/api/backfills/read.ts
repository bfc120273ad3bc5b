import type { BackfillSnapshot } from '../../core/backfill/contract.js';
import { isBackfillClosed } from '../../core/backfill/states.js';
import { CarillonError, show } from '../../core/errors.js';
import { isoTime } from '../../core/ids.js';
import type { InnerContext } from '../context.js';
import type { WorkflowRef } from '../temporal/beginning.js';

/** @throws CarillonError BACKFILL_NOT_FOUND, STORE_UNAVAILABLE */
export async function storedBackfill(
  { store }: Pick<InnerContext, 'store'>,
  project: string,
  id: string,
): Promise<BackfillSnapshot> {
  const row = await store.backfills.get(project, id);
  if (row) return row;
  throw new CarillonError(
    'BACKFILL_NOT_FOUND',
    `Expected \`id\` to be a backfill of project ${show(project)}, got ${show(id)}.`,
    { field: 'id', value: id, hint: 'List the backfills of the project, and check its name.' },
  );
}

/**
 * The backfill as it stands: from its workflow while it is open, from the database when it has ended or no worker
 * answers. A row that says open although its workflow was ended by hand is mended.
 */
export async function readBackfill(context: InnerContext, project: string, id: string): Promise<BackfillSnapshot> {
  const row = await storedBackfill(context, project, id);
  if (isBackfillClosed(row.state)) return row;
  const ref: WorkflowRef = { project, jobId: row.jobId, backfillId: id };
  const execution = await context.gateway.describe(ref).catch(unavailable);
  if (execution === undefined) return row;
  if (execution.open) {
    const live = await context.gateway.query<BackfillSnapshot>(ref, 'snapshot').catch(unavailable);
    return live === undefined || live === 'unanswered' ? row : live;
  }
  const last = await context.gateway.result<BackfillSnapshot>(ref).catch(unavailable);
  const mended = last ?? endedByHand(row, execution.status, execution.closedAt ?? isoTime(context.now()));
  await context.store.backfills.save(mended);
  return mended;
}

/** While Temporal is away the database still knows how far the backfill was. */
function unavailable(error: unknown): undefined {
  if (error instanceof CarillonError && error.code === 'TEMPORAL_UNAVAILABLE') return undefined;
  throw error;
}

function endedByHand(row: BackfillSnapshot, status: string, closedAt: string): BackfillSnapshot {
  return {
    ...row,
    revision: row.revision + 1,
    state: status === 'TERMINATED' || status === 'CANCELLED' ? 'cancelled' : 'failed',
    progress: { ...row.progress, running: 0 },
    pause: null,
    closedAt,
    closeReason: `workflow ${status.toLowerCase()}`,
  };
}
