import { ApplicationFailure } from '@temporalio/activity';
import type { BackfillActivities } from '../core/backfill/contract.js';
import type { Activities } from '../core/contract.js';
import { CarillonError } from '../core/errors.js';
import type { FanOutActivities } from '../core/fan-out/contract.js';
import { planFor, prepareDefinition } from '../core/prepare.js';
import { submittedOf } from '../core/submitted.js';
import { resolveSchedule } from '../store/resolved.js';
import { createBackfillActivities } from './backfill.js';
import { executeRun, type RunDependencies } from './execute-run.js';
import { createFanOutActivities } from './fan-out/activities.js';
import { LedgerReader } from './ledger-reader.js';
import { ProgressBoard } from './progress-board.js';
import { RunQuota } from './run-quota.js';

/** How long a sync waits for the database before it fails and is retried. */
const syncPatienceMs = 10_000;

/** The activities of a worker, bound to what they need. */
export function createActivities(deps: RunDependencies): Activities & BackfillActivities & FanOutActivities {
  const board = new ProgressBoard({ write: (rows) => deps.store.writeProgress(rows) });
  const quota = new RunQuota({ store: deps.store.quotas, now: deps.now });
  const reader = new LedgerReader(deps);
  return {
    ...createBackfillActivities(deps),
    ...createFanOutActivities(deps),
    executeRun: (request) => executeRun(deps, request, { board, quota, reader }),

    async syncJob({ snapshot, outbox }) {
      if (await deps.ledger.write({ snapshot, entries: outbox }, syncPatienceMs))
        return { ackedSeq: outbox.at(-1)?.seq ?? 0 };
      throw ApplicationFailure.retryable(
        'The database does not answer; what waits stays in the workflow.',
        'STORE_UNAVAILABLE',
      );
    },

    recallRun: async (run) => (await reader.ended(run)) ?? null,

    planJob: async ({ schedule, ...request }) => planFor({ schedule }, request),

    async prepareDefinition({ project, jobId, current, schedule, definition }) {
      try {
        const asked = definition ?? { ...submittedOf(current, deps.registry.get(current.task)), schedule };
        const resolved = await resolveSchedule(
          deps.store,
          { project, jobId },
          (asked as { schedule?: unknown }).schedule,
        );
        return prepareDefinition(asked, deps.registry, deps.now(), resolved);
      } catch (error) {
        if (!(error instanceof CarillonError) || error.code === 'STORE_UNAVAILABLE') throw error;
        throw ApplicationFailure.nonRetryable(error.message, error.code, error.details);
      }
    },
  };
}
