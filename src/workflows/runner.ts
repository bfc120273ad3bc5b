import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  proxyActivities,
  proxyLocalActivities,
  TimeoutFailure,
  workflowInfo,
} from '@temporalio/workflow';
import {
  type Activities,
  laneTaskQueue,
  type PreparedDefinition,
  type PrepareRequest,
  planLength,
  type RunInProgress,
  type RunReceipt,
  type RunRequest,
} from '../core/contract.js';
import { durationMs } from '../core/duration.js';
import { isoTime } from '../core/ids.js';
import type { JobState } from '../core/job/job-state.js';
import { snapshotOf } from '../core/job/views.js';
import type { Alarm } from './alarm.js';
import type { Clock } from './clock.js';
import { outcomeOf, timeoutError } from './endings.js';
import { retryPolicy } from './retry-policy.js';

/** The worker's own bound comes first and reports; this one is for a worker that cannot. */
const reportingMs = 5000;
/** Half of what a workflow task may take before another worker is given it: clocks differ. */
const unheardMs = 1000;
/** After an outage the plan is walked in larger steps. */
const catchUpPlan = 500;

const { planJob, recallRun } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '2 s',
  retry: { maximumInterval: '1 s' },
});
const { prepareDefinition } = proxyActivities<Activities>({
  startToCloseTimeout: '10 s',
  scheduleToCloseTimeout: '1 minute',
  summary: 'check the definition',
});
const { syncJob } = proxyActivities<Activities>({
  startToCloseTimeout: '30 s',
  retry: { initialInterval: '1 s', maximumInterval: '10 s' },
  summary: 'write the ledger',
});

/** Starts a job's activities and brings their outcome home. Holds what cannot be carried over: scopes. */
export class Runner {
  readonly #scopes = new Map<string, CancellationScope>();
  /** Of a run that ended uncancelled: the next one takes it. Each scope costs three promises. */
  #idleScope: CancellationScope | undefined;
  /** The last run the ledger was asked about. */
  #recalled = '';

  constructor(
    private readonly state: JobState,
    private readonly clock: Clock,
    private readonly alarm: Alarm,
    private readonly onChange: () => void,
  ) {}

  /** Starts a run. @returns the attempt of a light one, which is waited for: nothing else can be decided beside it */
  start(run: RunInProgress): Promise<void> | undefined {
    const request = this.#request(run);
    run.executing = true;
    run.state = 'running';
    run.attempt = run.attempt + 1;
    const scope = this.#idleScope ?? new CancellationScope();
    this.#idleScope = undefined;
    this.#scopes.set(run.runId, scope);
    const settle = (receipt: RunReceipt) => {
      this.#scopes.delete(run.runId);
      if (!scope.consideredCancelled) this.#idleScope = scope;
      this.state.settle(run, receipt, request.snapshot, this.clock.now);
      this.onChange();
    };
    if (request.via === 'light') this.#armBeside(run);
    const attempt = scope
      .run(() => this.#activity(request)(request))
      .then(
        (receipt) => {
          if (request.via !== 'light') this.clock.tick();
          else this.clock.reach(Date.parse(receipt.summary.finishedAt ?? receipt.retryAt ?? ''));
          settle(receipt);
        },
        (error) => {
          if (request.via !== 'light') this.clock.tick();
          settle(this.#receiptOf(error, run, request));
        },
      );
    return request.via === 'light' ? attempt : undefined;
  }

  /** A job that runs once decides nothing by the time. */
  #armBeside({ holdUntil }: RunInProgress): void {
    const { now } = this.clock;
    const wake = this.state.nextWake(now);
    if (wake === undefined && this.state.job.definition.schedule.immediate) return;
    this.alarm.arm(wake, Math.max(now, Date.parse(holdUntil ?? '') || 0));
  }

  /** Tells runs to stop whose place another takes. Each still ends by itself, or has ended in the ledger already. */
  stopReplaced(): void {
    if (!this.state.runs.mustStop) return;
    for (const runId of this.state.runs.takeStopping()) this.#scopes.get(runId)?.cancel();
  }

  /** Cancels one run, under way or waiting; false: there is none. */
  cancelRun(runId: string, reason: string | undefined): boolean {
    const { runs } = this.state;
    const waiting = runs.waiting.find((run) => run.runId === runId);
    if (waiting) this.state.drop(waiting, reason, this.clock.now);
    const run = runs.running.find((one) => one.runId === runId);
    if (run) {
      run.stopped = { reason };
      if (run.executing) this.#scopes.get(runId)?.cancel();
      else this.#cancelBetweenAttempts(run);
    }
    return (waiting ?? run) !== undefined;
  }

  #cancelBetweenAttempts(run: RunInProgress): void {
    const { now } = this.clock;
    const given = snapshotOf(this.state);
    this.state.settle(run, outcomeOf(run, 'cancelled', undefined, given.definitionVersion, now), given, now);
  }

  /** Cancels what is under way. A run that waits for its next attempt ends here. */
  cancelAll(): void {
    for (const scope of this.#scopes.values()) scope.cancel();
    for (const run of this.state.runs.running.filter(({ executing }) => !executing)) this.#cancelBetweenAttempts(run);
  }

  /** Decides on all that is due at `now`, if that takes no activity; false if it does. Awaiting nothing is cheaper. */
  decidesAtOnce(now: number): boolean {
    if (this.#toRecall(now) !== undefined) return false;
    this.state.decideDue(now);
    return !this.state.needsPlan(now);
  }

  /**
   * Decides on all that is due at `now`; after an outage step by step, as far as the outbox takes it.
   * @param ahead a run that is woken for counts as due; not before a command, which changes what comes after it
   */
  async decideDue(now: number, ahead = true): Promise<void> {
    const { state } = this;
    const decide = () => (ahead ? state.decideDue(now) : state.decidePast(now));
    await this.#recall(now);
    decide();
    while (state.needsPlan(now)) {
      const after = state.timetable.plannedUntil;
      const count = now - Date.parse(after) > 60_000 ? catchUpPlan : planLength;
      this.alarm.arm(undefined);
      const plan = await planJob({ after, count, schedule: state.job.definition.schedule });
      // A command may have replaced the plan meanwhile.
      if (state.timetable.plannedUntil === after) state.timetable.add(plan);
      decide();
    }
  }

  /**
   * A light run may have been executed, on time, in a workflow task that was lost with its worker. After an outage it
   * would be judged as missed: the ledger is asked first.
   */
  #toRecall(now: number): string | undefined {
    if (this.state.job.definition.lane !== 'light') return undefined;
    const runId = this.state.lateRun(now);
    return runId === this.#recalled ? undefined : runId;
  }

  async #recall(now: number): Promise<void> {
    const runId = this.#toRecall(now);
    if (runId === undefined) return;
    this.#recalled = runId;
    this.alarm.arm(undefined);
    const summary = await recallRun({ project: this.state.job.project, runId });
    if (summary && this.state.lateRun(now) === runId) this.state.recall(summary, now);
  }

  /** Writes what the database lacks; the clock does not wait for it. */
  sync(): void {
    const { state } = this;
    const { outbox } = state;
    state.enterExcluded(this.clock.now);
    const snapshot = snapshotOf(state);
    outbox.syncing = true;
    void syncJob({ snapshot, outbox: outbox.batch })
      .then(({ ackedSeq }) => {
        outbox.acknowledge(ackedSeq);
        if (state.job.revision === snapshot.revision) outbox.caughtUp();
      })
      .finally(() => outbox.syncEnded(this.clock.tick()));
  }

  /** Checks what came by hand. Throws the refusal itself, not the activity that said it. */
  prepare(asked: Pick<PrepareRequest, 'schedule' | 'definition'>): Promise<PreparedDefinition> {
    const { project, jobId, definition: current } = this.state.job;
    return prepareDefinition({ project, jobId, current, ...asked }).then(
      (prepared) => {
        this.clock.tick();
        return prepared;
      },
      (error) => {
        this.clock.tick();
        throw error instanceof ActivityFailure && error.cause instanceof ApplicationFailure ? error.cause : error;
      },
    );
  }

  #request(run: RunInProgress): RunRequest {
    const { timetable, carry } = this.state;
    const low = !carry.plan.exhausted && timetable.length <= planLength / 2;
    return {
      runId: run.runId,
      scheduledAt: run.scheduledAt,
      trigger: run.trigger,
      input: run.input,
      holdUntil: run.holdUntil,
      effectiveAt: run.effectiveAt,
      detail: run.detail,
      priorAttempts: run.attempt,
      startedAt: run.startedAt,
      unheardUntil: this.#unheardUntil(),
      snapshot: snapshotOf(this.state),
      outbox: this.state.outbox.riding,
      plan: low ? { after: timetable.plannedUntil, count: planLength } : undefined,
      last: this.state.isLast,
      via: run.via,
    };
  }

  /** Nothing can have run before a job's first workflow task (three events; one that was lost leaves more). */
  #unheardUntil(): string | undefined {
    const { historyLength, unsafe } = workflowInfo();
    return historyLength > 3 || unsafe.isReplaying ? undefined : isoTime(this.clock.began + unheardMs);
  }

  #activity(request: RunRequest): Activities['executeRun'] {
    const { definition, project, jobId } = request.snapshot;
    const { retry, timeouts } = definition;
    const heldMs = Math.max(0, Date.parse(request.holdUntil ?? '') - this.clock.now || 0);
    const attemptMs = heldMs + durationMs(timeouts.attempt) + reportingMs;
    const summary = `${definition.task} · ${request.scheduledAt}`;
    if (request.via === 'light') {
      const once = { startToCloseTimeout: attemptMs, retry: { maximumAttempts: 1 }, summary };
      return proxyLocalActivities<Activities>(once).executeRun;
    }
    const waited = request.startedAt ? this.clock.now - Date.parse(request.startedAt) : 0;
    return proxyActivities<Activities>({
      activityId: request.runId,
      taskQueue: request.via === 'heavy' ? laneTaskQueue(workflowInfo().taskQueue, 'heavy') : workflowInfo().taskQueue,
      startToCloseTimeout: attemptMs,
      scheduleToCloseTimeout: heldMs + Math.max(1000, durationMs(timeouts.run) - waited),
      heartbeatTimeout: durationMs(timeouts.heartbeat),
      cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
      retry: retryPolicy(retry, request.priorAttempts),
      summary: `${project}/${jobId} · ${summary}`,
    }).executeRun;
  }

  /** The last attempt carries its receipt in the failure; a worker that vanished leaves only a timeout. */
  #receiptOf(error: unknown, run: RunInProgress, request: RunRequest): RunReceipt {
    const cause = error instanceof ActivityFailure ? error.cause : error;
    if (cause instanceof ApplicationFailure && cause.details?.[0]) return cause.details[0] as RunReceipt;
    const version = request.snapshot.definitionVersion;
    const { now } = this.clock;
    if (cause instanceof CancelledFailure) return outcomeOf(run, 'cancelled', undefined, version, now);
    if (request.via === 'light' && cause instanceof TimeoutFailure) {
      const { summary } = outcomeOf(run, 'retrying', timeoutError(cause), version, now);
      return { summary, recorded: false, ackedSeq: 0, retryAt: isoTime(now) };
    }
    if (cause instanceof TimeoutFailure) {
      run.attempt = Math.max(run.attempt, this.state.job.definition.retry.maximumAttempts);
      return outcomeOf(
        run,
        cause.timeoutType === 'HEARTBEAT' ? 'failed' : 'timed_out',
        timeoutError(cause),
        version,
        now,
      );
    }
    const message = cause instanceof Error ? cause.message : String(cause);
    const code = cause instanceof ApplicationFailure ? (cause.type ?? 'TASK_FAILED') : 'INTERNAL';
    return outcomeOf(run, 'failed', { code, message }, version, now);
  }
}
