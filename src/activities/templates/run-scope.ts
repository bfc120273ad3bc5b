import { isoTime } from '../../core/ids.js';
import type { TaskContext } from '../../core/task/context.js';
import type { Scope, Template } from './template.js';

/** What every template of a run may name. */
export const runNames = ['run', 'job', 'last'] as const;

/**
 * The run for its templates: `run.id`, `run.scheduledAt`, `run.effectiveAt`, `run.attempt`, `job.id`, `job.project`, and of
 * the last success `last.runId`, `last.scheduledAt`, `last.finishedAt`, `last.result`. The ledger is asked only when a
 * template names `last`. Times are RFC 3339 in UTC.
 */
export async function runScope(context: TaskContext, templates: readonly Template[]): Promise<Scope> {
  const { runId, jobId, project, scheduledAt, effectiveAt, attempt } = context;
  const asked = templates.some(({ variables }) => variables.includes('last'));
  const last = asked ? await context.lastSuccess() : undefined;
  return {
    run: { id: runId, scheduledAt: time(scheduledAt), effectiveAt: time(effectiveAt), attempt },
    job: { id: jobId, project },
    ...(last && { last: { ...last, scheduledAt: time(last.scheduledAt), finishedAt: time(last.finishedAt) } }),
  };
}

function time(date: Date): string {
  return isoTime(date.getTime());
}
