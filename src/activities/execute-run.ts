import { setTimeout as delay } from 'node:timers/promises';
import { CancelledFailure, Context } from '@temporalio/activity';
import type { RunReceipt, RunRequest } from '../core/contract.js';
import { durationMs } from '../core/duration.js';
import type { TaskRegistry } from '../core/task/registry.js';
import type { AnyTask } from '../core/task/task.js';
import { assertResultPlace } from '../objects/result-place.js';
import type { Store } from '../store/store.js';
import { makeAttempt, type Outcome } from './attempt.js';
import { Evidence } from './evidence.js';
import { runErrorOf } from './failure.js';
import { lastSuccess } from './last-success.js';
import type { LedgerReader } from './ledger-reader.js';
import type { LedgerWriter } from './ledger-writer.js';
import type { ProgressBoard } from './progress-board.js';
import type { RunQuota } from './run-quota.js';
import { RunReport, recordedBefore } from './run-report.js';
import { maskedSecrets, resolveSecrets } from './secrets/resolve.js';
import type { Services } from './services/services.js';
import { taskContext } from './task-context.js';

export interface RunDependencies {
  registry: TaskRegistry;
  ledger: LedgerWriter;
  store: Pick<Store, 'runs' | 'calendars' | 'backfills' | 'quotas' | 'writeProgress'>;
  services: Services;
  now: () => number;
  /** How time passes. */
  pass: typeof pass;
  log: (line: Record<string, unknown>) => void;
}

/** How long a task may take to give up when it is told to. */
const graceMs = { light: 200, standard: 2000, heavy: 3000 };
/** A light run whose worker died is executed anew as its first attempt, but no sooner than this. */
const lateMs = 1000;
/** A run that takes longer than this shows in the ledger as running. */
const shownAfterMs = 1000;
/** Beats carry cancellation back, so they are frequent; the SDK throttles what is sent. */
const beatMs = 1000;

/** Resolves after `ms`, or when the signal aborts. */
export async function pass(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {});
}

/** Executes one attempt of a run, writes the ledger, and reports. */
export async function executeRun(
  deps: RunDependencies,
  request: RunRequest,
  { board, quota, reader }: { board: ProgressBoard; quota: RunQuota; reader: LedgerReader },
): Promise<RunReceipt> {
  const { info, cancellationSignal, heartbeat } = Context.current();
  const attempt = request.priorAttempts + (info.isLocal ? 1 : info.attempt);
  const due = Date.parse(request.effectiveAt ?? request.scheduledAt);
  const late = deps.now() - due > lateMs;
  const unheard = request.unheardUntil !== undefined && deps.now() < Date.parse(request.unheardUntil);
  const resumes = attempt > 1 || (late && !unheard);
  const recorded = resumes ? await recordedBefore(reader, request) : undefined;
  if (recorded) return recorded;
  if (request.holdUntil) await hold(deps, Date.parse(request.holdUntil), cancellationSignal);
  const { project } = request.snapshot;
  const run = { project, runId: request.runId, scheduledAt: request.scheduledAt, attempt };
  const evidence = new Evidence({ run, resumes, board, services: deps.services, now: deps.now, log: deps.log });
  const report = new RunReport(deps, request, attempt, { run: firstStart(), attempt: deps.now() }, evidence);
  const exhausted = attempt === 1 ? await quota.take(project) : undefined;
  if (exhausted !== undefined) return report.refused('quota', `${exhausted} runs per day`, deps.now());

  const show = setTimeout(() => report.running(), shownAfterMs);
  let details: unknown = info.heartbeatDetails;
  const beat = info.isLocal ? undefined : setInterval(() => heartbeat(details), beatMs);
  const keep = (news: unknown) => {
    details = news;
  };
  const outcome = await attemptRun(deps, request, attempt, evidence, keep).finally(() => {
    clearTimeout(show);
    clearInterval(beat);
    // What was kept since the last beat goes to the next attempt too.
    if (beat && details !== undefined) heartbeat(details);
  });
  // Core cancels a local activity when it loses the workflow task around it, and marks it like a cancellation that was
  // asked for. Only the workflow knows which it was: it writes the run's end if so, and executes the run anew if not.
  if (outcome.state === 'cancelled' && info.isLocal) {
    await evidence.close(0);
    throw new CancelledFailure('The attempt was cancelled.');
  }
  return report.ended(outcome, deps.now());

  function firstStart(): number {
    if (request.startedAt) return Date.parse(request.startedAt);
    return attempt === 1 ? deps.now() : Math.max(info.scheduledTimestampMs, due);
  }
}

async function attemptRun(
  { registry, services, store }: RunDependencies,
  request: RunRequest,
  attempt: number,
  evidence: Evidence,
  keep: (details: unknown) => void,
): Promise<Outcome> {
  const { runId, snapshot } = request;
  const { project, jobId, definition } = snapshot;
  const context = Context.current();
  const secrets = maskedSecrets(services.secretsOf(project), evidence.mask);
  let task: AnyTask;
  let input: unknown;
  try {
    task = registry.get(definition.task);
    assertResultPlace(definition.resultLocation, services.settings.objects?.resultLocations);
    input = request.input ?? definition.input;
    if (task.secrets !== 'referenced') input = await resolveSecrets(input, secrets);
  } catch (error) {
    // Another worker may know it: during a rollout the old and the new run side by side.
    return { state: 'failed', error: runErrorOf(error) };
  }
  const outcome = await makeAttempt({
    task,
    input,
    context: taskContext(
      {
        ...{ project, jobId, runId, attempt },
        scheduledAt: new Date(request.scheduledAt),
        effectiveAt: new Date(request.effectiveAt ?? request.scheduledAt),
        write: evidence.write,
        progress: evidence.setProgress,
        heartbeat: keep,
        heartbeatDetails: context.info.isLocal ? undefined : context.info.heartbeatDetails,
        lastSuccess: () => lastSuccess(store.runs, services, project, jobId),
      },
      { ...services, secrets },
    ),
    timeoutMs: durationMs(definition.timeouts.attempt),
    graceMs: graceMs[request.via],
    cancellation: context.cancellationSignal,
    interrupted: () => !context.cancellationDetails?.cancelRequested,
  });
  return evidence.masked(outcome);
}

/** A run is woken ahead of its time and held ready; it starts at its exact instant, never before (timers may be early). */
async function hold({ now, pass }: RunDependencies, until: number, cancellation: AbortSignal): Promise<void> {
  // Cancelled while it waits, it goes on at once: the attempt sees the cancellation itself.
  while (now() < until && !cancellation.aborted) await pass(until - now(), cancellation);
}
