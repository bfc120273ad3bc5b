import type { BackfillSnapshot } from '../../../src/core/backfill/contract.js';
import type { Store } from '../../../src/store/store.js';
import { definition, entry, snapshot } from '../../store/sample.js';

/** Said in everything that jobs carry, and nowhere else. */
export const secret = 'walrus-4711';

const at = '2026-11-21T09:00:00Z';

export const runOf = (jobId: string) => `${jobId}@${at}`;
export const backfillOf = (jobId: string) => `fill-${jobId}`;

/** A job of an owner, with a run that failed and a backfill, as the database has them. No workflow is behind them. */
export async function placeJob(store: Store, project: string, jobId: string, owner?: string): Promise<void> {
  const error = { code: 'TASK_FAILED', message: `could not greet ${secret}` };
  const job = snapshot(project, jobId, {
    definition: definition({ input: { message: secret }, owner, labels: { input: 'a label' } }),
    lastRun: { ...summary(jobId), error },
  });
  const run = entry(runOf(jobId), {
    ...{ state: 'failed', input: { message: secret }, result: { said: secret }, error },
    ...{ errorCauses: [error], errorFingerprint: `TASK_FAILED could not greet ${secret}` },
    ...{ progress: { done: 1, note: secret, at }, finishedAt: at },
  });
  await store.write([{ snapshot: job, entries: [run] }]);
  await store.backfills.save(backfill(project, jobId));
}

function summary(jobId: string) {
  return { runId: runOf(jobId), scheduledAt: at, trigger: 'schedule', state: 'failed', attempt: 1 } as const;
}

function backfill(project: string, jobId: string): BackfillSnapshot {
  const counts = { total: 1, succeeded: 1, failed: 0, timedOut: 0, cancelled: 0, skipped: 0, excluded: 0, running: 0 };
  return {
    ...{ project, jobId, backfillId: backfillOf(jobId), revision: 2, state: 'completed', definitionVersion: 1 },
    request: {
      ...{ from: at, to: '2026-11-22T09:00:00Z', maxActiveRuns: 1, priority: 5, rerun: 'all', order: 'oldest' },
      input: { message: secret },
    },
    progress: { ...counts, remaining: 0, percent: 100, exact: true, reached: at },
    ...{ pause: null, createdAt: at, closedAt: at, closeReason: null },
  };
}
