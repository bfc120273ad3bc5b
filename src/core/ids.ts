/** Ids are built here and nowhere else, so that every process and every person can derive them. */

export const idPattern = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?$/;
export const projectPattern = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;
export const keyPattern = /^[\x21-\x7e]{1,100}$/;

/** Temporal workflow id of a job. */
export function workflowId(project: string, jobId: string): string {
  return `job:${project}:${jobId}`;
}

/** The inverse of {@link workflowId}; undefined for a workflow that is not a job. */
export function parseWorkflowId(id: string): { project: string; jobId: string } | undefined {
  const match = /^job:([^:]+):(.+)$/.exec(id);
  return match ? { project: match[1] as string, jobId: match[2] as string } : undefined;
}

/** Run id of an occurrence: `backup@2026-11-21T09:00:00Z`. It is the idempotency key the task receives. */
export function scheduledRunId(jobId: string, scheduledAt: number): string {
  return `${jobId}@${isoTime(scheduledAt)}`;
}

/** Temporal workflow id of a backfill. */
export function backfillWorkflowId(project: string, jobId: string, backfillId: string): string {
  return `backfill:${project}:${jobId}:${backfillId}`;
}

/** Run id of an occurrence that a backfill runs: `backup@2026-11-21T09:00:00Z!november`. */
export function backfillRunId(jobId: string, scheduledAt: number, backfillId: string): string {
  return `${scheduledRunId(jobId, scheduledAt)}!${backfillId}`;
}

/** Run id of a run started by hand: `backup@key:deploy-42`. */
export function triggeredRunId(jobId: string, key: string): string {
  return `${jobId}@key:${key}`;
}

/** Temporal workflow id of a workflow that is a run, or a part of one. */
export function runWorkflowId(project: string, runId: string, part?: string): string {
  return `run:${project}:${runId}${part === undefined ? '' : `:${part}`}`;
}

/** Idempotency key of a member of a fan-out, counted from 0: `backup@2026-11-21T09:00:00Z#17`. */
export function memberRunId(runId: string, index: number): string {
  return `${runId}#${index}`;
}

/** Job and, of a backfill's run, the backfill that a run id names; undefined when it is no run id. */
export function parseRunId(runId: string): { jobId: string; backfillId?: string } | undefined {
  const match = /^([^@]+)@(?:key:.*|[^!]*(?:!(.+))?)$/s.exec(runId);
  if (!match?.[1]) return undefined;
  return { jobId: match[1], ...(match[2] !== undefined && { backfillId: match[2] }) };
}

/** RFC 3339 in UTC, with a fraction only where there is one: `2026-11-21T09:00:00Z`. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

/** What chance-like choices of a job are drawn from (`H`, jitter, window), so that they never change. */
export function seedOf(project: string, jobId: string): string {
  return `${project}/${jobId}`;
}
