import { call } from '../call.js';
import type { Context } from '../context.js';
import type { LogLineView } from '../runs/log-views.js';
import type { RunView } from '../views.js';

interface Ref {
  id: string;
  project?: string;
}

/** Executions of a job, the latest nominal time first. @throws CarillonError JOB_NOT_FOUND */
export async function executionsOf(
  ctx: Context,
  { id, project }: Ref,
  asked: { limit?: number; cursor?: string; from?: string; to?: string } = {},
): Promise<{ items: RunView[]; nextCursor: string | null }> {
  const page = (await call(ctx, 'runs.list', { ...asked, project, jobId: id })) as {
    items: RunView[];
    nextCursor: string | null;
  };
  // Of a job that was deleted the history is still there.
  if (page.items.length === 0) await call(ctx, 'jobs.get', { id, project });
  return page;
}

/** The log of the last execution that took place. */
export async function lastLog(
  ctx: Context,
  ref: Ref,
): Promise<{ execution: RunView | undefined; lines: LogLineView[] }> {
  const { items } = await executionsOf(ctx, ref);
  const execution = items.find(({ attempt }) => attempt > 0);
  if (!execution) return { execution, lines: [] };
  const { runId } = execution;
  const { items: lines } = (await call(ctx, 'runs.logs', { project: ref.project, runId })) as { items: LogLineView[] };
  return { execution, lines };
}
