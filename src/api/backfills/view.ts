import type { BackfillSnapshot } from '../../core/backfill/contract.js';
import { backfillWorkflowId } from '../../core/ids.js';
import type { BackfillView } from './views.js';

/** A backfill as clients see it. */
export function viewBackfill({ backfillId, ...rest }: BackfillSnapshot): BackfillView {
  return { ...rest, id: backfillId, workflowId: backfillWorkflowId(rest.project, rest.jobId, backfillId) };
}
