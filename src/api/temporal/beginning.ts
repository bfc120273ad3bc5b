import { backfillWorkflowId, workflowId } from '../../core/ids.js';
import type { JobRefs } from './gateway.js';

/** A job, or a backfill of it. */
export interface WorkflowRef extends JobRefs {
  backfillId?: string;
}

/** What a workflow begins with. */
export interface Beginning {
  type: string;
  carry: unknown;
  project: string;
  task: string;
  owner: string | undefined;
  /** As people find it in Temporal. */
  state: string;
  priority: number;
  memo: Record<string, unknown>;
  summary: string;
  details: string;
}

/** Temporal workflow id. */
export function idOf({ project, jobId, backfillId }: WorkflowRef): string {
  return backfillId === undefined ? workflowId(project, jobId) : backfillWorkflowId(project, jobId, backfillId);
}
