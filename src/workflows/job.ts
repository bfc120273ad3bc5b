import {
  allHandlersFinished,
  CancellationScope,
  CancelledFailure,
  condition,
  continueAsNew,
  workflowInfo,
} from '@temporalio/workflow';
import type { JobCarry, JobSnapshot } from '../core/contract.js';
import { JobState } from '../core/job/job-state.js';
import { snapshotOf } from '../core/job/views.js';
import { Alarm } from './alarm.js';
import { bindCommands } from './commands.js';
import { timerSummary } from './details.js';
import { Publisher } from './publisher.js';
import { Runner } from './runner.js';

/** At this many events the workflow continues as new: some 50 light runs, or 27 others. */
const historyBound = 300;
/** Continuing as new takes a workflow task or two; not while something is due, unless the history grows out of hand. */
const quietMs = 1000;
const urgentBound = 2 * historyBound;
const urgentBytes = 8 * 1024 * 1024;

/**
 * One job, from creation to its end. Sleeps until the next occurrence, starts it, and goes on.
 * @returns the job's last snapshot
 */
export async function job(carry: JobCarry): Promise<JobSnapshot> {
  const state = new JobState(carry);
  const publisher = new Publisher(state);
  const runner = new Runner(state, () => publisher.publish());
  bindCommands(state, runner, () => publisher.publish());
  const scope = CancellationScope.current();
  let cancelled: unknown;
  void scope.cancelRequested.catch((error) => {
    cancelled = error;
    if (!state.closed) state.close('cancelled', 'workflow cancelled', Date.now());
    state.outbox.syncWithin(Date.now(), 0);
    runner.cancelAll();
  });
  // Runs are cancelled one by one, so that each still reaches the ledger.
  return CancellationScope.nonCancellable(async () => {
    const alarm = new Alarm();
    while (!state.finished || !allHandlersFinished()) {
      await advance(state, runner);
      publisher.publish();
      if (state.finished) {
        await condition(allHandlersFinished);
        continue;
      }
      if (mayContinueAsNew(state)) await continueAsNew<typeof job>(state.carry);
      await rest(state, alarm);
    }
    if (cancelled instanceof CancelledFailure) throw cancelled;
    return snapshotOf(state);
  });
}

/** Does all there is to do at this moment. */
async function advance(state: JobState, runner: Runner): Promise<void> {
  const over = state.pauseOver(Date.now());
  if (over !== undefined && !runner.decidesAtOnce(over)) await runner.decideDue(over);
  state.resumeIfDue(Date.now());
  state.probeIfDue(Date.now());
  if (!runner.decidesAtOnce(Date.now())) await runner.decideDue(Date.now());
  for (let ready = state.takeReady(Date.now()); ready.length > 0; ready = state.takeReady(Date.now())) {
    runner.stopReplaced();
    const attempts = ready.flatMap((run) => runner.start(run) ?? []);
    if (attempts.length > 0) await Promise.all(attempts);
    if (!runner.decidesAtOnce(Date.now())) await runner.decideDue(Date.now());
  }
  runner.stopReplaced();
  state.closeIfExhausted(Date.now());
  const { dueAt } = state.outbox;
  if (dueAt !== undefined && dueAt <= Date.now()) runner.sync();
}

/**
 * Sleeps until the next moment to look, or until a command or a run's end changes that moment. What it waits for depends
 * on the state alone, never on the clock: a refused Update leaves no event behind, so what it finds changed would have
 * no cause on replay.
 */
async function rest(state: JobState, alarm: Alarm): Promise<void> {
  const now = Date.now();
  const wake = state.nextWake(now);
  let { revision } = state.job;
  const changed = () => {
    if (state.nextWake(now) !== wake || state.hasWork(now) || state.finished) return true;
    if (state.job.revision === revision) return false;
    revision = state.job.revision;
    return mayContinueAsNew(state);
  };
  if (changed()) return;
  if (wake === undefined) await condition(changed);
  else await alarm.wait(Math.max(1, wake - now), timerSummary(state, wake), changed);
}

function mayContinueAsNew(state: JobState): boolean {
  const { historyLength, historySize } = workflowInfo();
  if (historyLength < historyBound && historySize < urgentBytes) return false;
  if (state.runs.running.length > 0 || state.closed || !allHandlersFinished()) return false;
  if (historyLength >= urgentBound || historySize >= urgentBytes) return true;
  const wake = state.nextWake(Date.now());
  return !state.outbox.syncing && (wake === undefined || wake - Date.now() >= quietMs);
}
