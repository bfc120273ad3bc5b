import { hostname } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { ApplicationFailure, Context } from '@temporalio/activity';
import type { LedgerEntry, RunReceipt, RunRequest, RunSummary } from '../core/contract.js';
import { durationMs } from '../core/duration.js';
import type { CarillonError } from '../core/errors.js';
import { isoTime } from '../core/ids.js';
import { planFor } from '../core/prepare.js';
import { afterRun } from '../core/projection.js';
import { isTerminal } from '../core/states.js';
import type { TaskRegistry } from '../core/task.js';
import type { Store } from '../store/store.js';
import { makeAttempt, type Outcome } from './attempt.js';
import type { LedgerWriter } from './ledger-writer.js';
import { keepResult } from './result.js';

export interface RunDependencies {
  registry: TaskRegistry;
  ledger: LedgerWriter;
  store: Pick<Store, 'runs'>;
  now: () => number;
  log: (line: Record<string, unknown>) => void;
}

/** How long a run's end waits for the database; in the light lane the job's clock waits with it. */
const patienceMs = { light: 500, standard: 1000, heavy: 1000 };
const graceMs = { light: 200, standard: 2000, heavy: 3000 };
/** A run that takes longer than this shows in the ledger as running, and starts to beat. */
const shownAfterMs = 1000;
/** Beats carry cancellation back, so they are frequent; the SDK throttles what is sent. */
const beatMs = 1000;

/** Executes one attempt of a run, writes the ledger, and reports. */
export async function executeRun(deps: RunDependencies, request: RunRequest): Promise<RunReceipt> {
  const { info, cancellationSignal } = Context.current();
  const context = Context.current();
  const { snapshot } = request;
  const { definition } = snapshot;
  const attempt = request.priorAttempts + (info.isLocal ? 1 : info.attempt);
  if (attempt > 1) {
    const done = await doneBefore(deps, request);
    if (done) return done;
  }
  const firstStart = request.startedAt
    ? Date.parse(request.startedAt)
    : attempt === 1
      ? deps.now()
      : info.currentAttemptScheduledTimestampMs;
  if (request.holdUntil) await hold(Date.parse(request.holdUntil) - deps.now(), cancellationSignal);
  const base = {
    runId: request.runId,
    scheduledAt: request.scheduledAt,
    trigger: request.trigger,
    attempt,
    startedAt: isoTime(Math.max(firstStart, 0)),
  };
  const entryOf = (summary: RunSummary): LedgerEntry => ({
    ...summary,
    definitionVersion: snapshot.definitionVersion,
    input: request.input,
    worker: worker(info.taskQueue),
  });

  const show = globalThis.setTimeout(
    () => void deps.ledger.write({ snapshot, entries: [entryOf({ ...base, state: 'running' })] }, 5000),
    shownAfterMs,
  );
  const beat = info.isLocal ? undefined : setInterval(() => context.heartbeat(), beatMs);
  const outcome = await attemptOf().finally(() => {
    clearTimeout(show);
    clearInterval(beat);
  });

  const finishedAt = deps.now();
  const wait = outcome.state === 'succeeded' || outcome.state === 'cancelled' ? undefined : waitBeforeNext(outcome);
  const plan = request.plan && planFor(definition, request.plan);
  if (wait !== undefined) return reportRetry(wait);
  return reportEnd();

  function attemptOf(): Promise<Outcome> {
    let task: ReturnType<TaskRegistry['get']>;
    try {
      task = deps.registry.get(definition.task);
    } catch (error) {
      // Another worker may know it: during a rollout the old and the new run side by side.
      const { code, message } = error as CarillonError;
      return Promise.resolve({ state: 'failed', error: { code, message } });
    }
    return makeAttempt({
      task,
      input: request.input ?? definition.input,
      context: {
        runId: request.runId,
        jobId: snapshot.jobId,
        project: snapshot.project,
        scheduledAt: new Date(request.scheduledAt),
        attempt,
        log: (message, fields) =>
          deps.log({ ...fields, message, project: snapshot.project, runId: request.runId, attempt }),
      },
      timeoutMs: durationMs(definition.timeouts.attempt),
      graceMs: graceMs[request.via],
      cancellation: cancellationSignal,
      interrupted: () => !context.cancellationDetails?.cancelRequested,
    });
  }

  /** Milliseconds until the next attempt; undefined when this was the last. */
  function waitBeforeNext(ended: Exclude<Outcome, { state: 'succeeded' | 'cancelled' }>): number | undefined {
    const { retry, timeouts } = definition;
    if (attempt >= retry.maximumAttempts) return undefined;
    if (
      'error' in ended &&
      (retry.nonRetryableErrors.includes(ended.error.code) || ended.error.code === 'TASK_INPUT_INVALID')
    ) {
      return undefined;
    }
    const wait = Math.min(
      durationMs(retry.initialInterval) * retry.backoffCoefficient ** (attempt - 1),
      durationMs(retry.maximumInterval),
    );
    return finishedAt + wait < firstStart + durationMs(timeouts.run) ? wait : undefined;
  }

  async function reportRetry(waitMs: number): Promise<RunReceipt> {
    const error =
      'error' in outcome ? outcome.error : { code: 'WORKER_LOST', message: 'The worker shut down in mid-attempt.' };
    const summary: RunSummary = { ...base, state: 'retrying', error };
    const batch = { snapshot, entries: [...request.outbox, entryOf(summary)] };
    if (request.via !== 'light') {
      void deps.ledger.write(batch, patienceMs[request.via]);
      throw ApplicationFailure.create({ message: error.message, type: error.code, nextRetryDelay: waitMs });
    }
    const recorded = await deps.ledger.write(batch, patienceMs.light);
    return { summary, recorded, ackedSeq: acked(request, recorded), plan, retryAt: isoTime(finishedAt + waitMs) };
  }

  async function reportEnd(): Promise<RunReceipt> {
    const state = outcome.state === 'interrupted' ? 'failed' : outcome.state;
    const summary: RunSummary = { ...base, state, finishedAt: isoTime(finishedAt), ...errorPart(outcome) };
    const entry: LedgerEntry = {
      ...entryOf(summary),
      ...('result' in outcome ? { result: keepResult(outcome.result) } : {}),
    };
    const after = afterRun(snapshot, summary, request.last, plan);
    const recorded = await deps.ledger.write(
      { snapshot: after, entries: [...request.outbox, entry] },
      patienceMs[request.via],
    );
    const receipt: RunReceipt = {
      summary,
      recorded,
      entry: recorded ? undefined : entry,
      ackedSeq: acked(request, recorded),
      plan,
    };
    if (request.via === 'light' || !summary.error) return receipt;
    throw ApplicationFailure.create({
      message: summary.error.message,
      type: summary.error.code,
      nonRetryable: true,
      details: [receipt],
    });
  }
}

function errorPart(outcome: Outcome): Pick<RunSummary, 'error'> {
  if (outcome.state === 'interrupted')
    return { error: { code: 'WORKER_LOST', message: 'The worker shut down in mid-attempt.' } };
  return 'error' in outcome ? { error: outcome.error } : {};
}

function acked(request: RunRequest, recorded: boolean): number {
  return recorded ? (request.outbox.at(-1)?.seq ?? 0) : 0;
}

/**
 * A worker may have died between writing the ledger and reporting. The run has had its effect then, and is not
 * executed again.
 */
async function doneBefore({ store }: RunDependencies, request: RunRequest): Promise<RunReceipt | undefined> {
  const { snapshot, runId } = request;
  const row = await store.runs.get(snapshot.project, runId).catch(() => undefined);
  if (!row || !isTerminal(row.state)) return undefined;
  const { project, jobId, recordedAt, definitionVersion, input, result, worker, ...summary } = row;
  return {
    summary,
    recorded: true,
    ackedSeq: acked(request, true),
    plan: request.plan && planFor(snapshot.definition, request.plan),
  };
}

/** A run may be woken ahead of its time and held ready; it starts at its exact instant. */
async function hold(ms: number, cancellation: AbortSignal): Promise<void> {
  if (ms <= 0 || cancellation.aborted) return;
  // Cancelled while it waits, it goes on at once: the attempt sees the cancellation itself.
  await setTimeout(ms, undefined, { signal: cancellation }).catch(() => {});
}

function worker(taskQueue: string): string {
  return `${process.pid}@${hostname()}/${taskQueue}`;
}
