import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  proxyActivities,
  TimeoutFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type { BackfillState } from '../core/backfill/backfill-state.js';
import type { BackfillActivities, BackfillRun } from '../core/backfill/contract.js';
import {
  type Activities,
  laneTaskQueue,
  type RunError,
  type RunReceipt,
  type RunRequest,
  type RunSummary,
} from '../core/contract.js';
import { durationMs } from '../core/duration.js';
import { isoTime } from '../core/ids.js';
import { timeoutError } from './endings.js';
import { retryPolicy } from './retry-policy.js';

/** The worker's own bound comes first and reports; this one is for a worker that cannot. */
const reportingMs = 5000;
/** Nominal times of a page, at least. */
const pageCount = 50;

const { planBackfill } = proxyActivities<BackfillActivities>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '1 s', maximumInterval: '10 s' },
  summary: 'plan the next runs',
});
/** It ends, and is begun anew: the workflow can continue as new in between while the database is away. */
const { syncBackfill } = proxyActivities<BackfillActivities>({
  startToCloseTimeout: '30 s',
  scheduleToCloseTimeout: '1 minute',
  retry: { initialInterval: '1 s', maximumInterval: '10 s' },
  summary: 'write the progress',
});

/** Starts a backfill's activities and brings their outcome home. */
export class BackfillRunner {
  readonly #scopes = new Map<string, CancellationScope>();

  constructor(private readonly state: BackfillState) {}

  /** Starts what may start, and plans further before the queue is empty. */
  goOn(): void {
    while (this.state.mayStart) this.#start(this.state.start(Date.now()));
    if (this.state.wantsPage) this.#plan();
  }

  cancelAll(): void {
    for (const scope of this.#scopes.values()) scope.cancel();
  }

  /** Writes what the database lacks; the runs do not wait for it. */
  sync(): void {
    const { outbox, carry, snapshot } = this.state;
    outbox.syncing = true;
    carry.syncedAt = isoTime(Date.now());
    void syncBackfill({ snapshot, job: carry.job, outbox: outbox.batch })
      .then(
        ({ ackedSeq }) => {
          outbox.acknowledge(ackedSeq);
          if (carry.backfill.revision === snapshot.revision) outbox.caughtUp();
        },
        () => {},
      )
      .finally(() => outbox.syncEnded(Date.now()));
  }

  #plan(): void {
    const { state } = this;
    const { backfill, job, cursor } = state.carry;
    const { from, to, rerun, order, maxActiveRuns } = backfill.request;
    state.planning = true;
    void planBackfill({
      ...{ project: backfill.project, jobId: backfill.jobId, schedule: job.definition.schedule },
      ...{ from, to, rerun, order, cursor, count: Math.max(pageCount, 2 * maxActiveRuns) },
    }).then((page) => {
      state.planning = false;
      if (!state.closed) state.addPage(page, Date.now());
    });
  }

  #start(run: BackfillRun): void {
    const request = this.#request(run);
    const startedAt = Date.now();
    const scope = new CancellationScope();
    this.#scopes.set(run.runId, scope);
    const settle = (receipt: RunReceipt) => {
      this.#scopes.delete(run.runId);
      this.state.settle(receipt, Date.now());
    };
    void scope
      .run(() => this.#activity(request)(request))
      .then(settle, (error) => settle(receiptOf(error, request, startedAt)));
  }

  #request({ runId, scheduledAt }: BackfillRun): RunRequest {
    const { job, backfill } = this.state.carry;
    return {
      standalone: true,
      runId,
      scheduledAt,
      trigger: 'backfill',
      input: backfill.request.input,
      priorAttempts: 0,
      snapshot: job,
      outbox: this.state.outbox.riding,
      last: false,
      // The light lane is for what is due now: it would run inside this workflow's task.
      via: job.definition.lane === 'heavy' ? 'heavy' : 'standard',
    };
  }

  #activity({ runId, scheduledAt, snapshot, via }: RunRequest): Activities['executeRun'] {
    const { task, retry, timeouts } = snapshot.definition;
    const { taskQueue } = workflowInfo();
    return proxyActivities<Activities>({
      activityId: runId,
      taskQueue: via === 'heavy' ? laneTaskQueue(taskQueue, 'heavy') : taskQueue,
      startToCloseTimeout: durationMs(timeouts.attempt) + reportingMs,
      scheduleToCloseTimeout: durationMs(timeouts.run),
      heartbeatTimeout: durationMs(timeouts.heartbeat),
      cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
      retry: retryPolicy(retry),
      priority: { priorityKey: this.state.carry.backfill.request.priority },
      summary: `${task} · ${scheduledAt}`,
    }).executeRun;
  }
}

/** The last attempt carries its receipt in the failure; of a worker that vanished the workflow writes the end itself. */
function receiptOf(error: unknown, request: RunRequest, startedAt: number): RunReceipt {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure && cause.details?.[0]) return cause.details[0] as RunReceipt;
  if (cause instanceof CancelledFailure) return ending(request, { state: 'cancelled', attempt: 0 });
  const started = { startedAt: isoTime(startedAt), attempt: request.snapshot.definition.retry.maximumAttempts };
  if (cause instanceof TimeoutFailure) {
    const state = cause.timeoutType === 'HEARTBEAT' ? 'failed' : 'timed_out';
    return ending(request, { ...started, state, error: timeoutError(cause) });
  }
  const message = cause instanceof Error ? cause.message : String(cause);
  const code = cause instanceof ApplicationFailure ? (cause.type ?? 'TASK_FAILED') : 'INTERNAL';
  return ending(request, { ...started, state: 'failed', error: { code, message } satisfies RunError });
}

function ending(
  { runId, scheduledAt, trigger, input, snapshot }: RunRequest,
  end: Pick<RunSummary, 'state' | 'attempt' | 'startedAt' | 'error'>,
): RunReceipt {
  const summary: RunSummary = { runId, scheduledAt, trigger, finishedAt: isoTime(Date.now()), ...end };
  const entry = { ...summary, definitionVersion: snapshot.definitionVersion, input };
  return { summary, recorded: false, entry, ackedSeq: 0 };
}
