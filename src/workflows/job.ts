import {
  allHandlersFinished,
  CancellationScope,
  CancelledFailure,
  condition,
  continueAsNew,
} from '@temporalio/workflow';
import { codeVersion, type JobCarry, type JobSnapshot } from '../core/contract.js';
import { JobState } from '../core/job/job-state.js';
import { snapshotOf } from '../core/job/views.js';
import { Alarm } from './alarm.js';
import { Clock } from './clock.js';
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
  const clock = new Clock((carry.codeVersion ?? 1) >= 2);
  const alarm = new Alarm(clock);
  const runner = new Runner(state, clock, alarm, () => publisher.publish());
  bindCommands(state, runner, clock, () => publisher.publish());
  const scope = CancellationScope.current();
  let cancelled: unknown;
  void scope.cancelRequested.catch((error) => {
    cancelled = error;
    clock.tick();
    if (!state.closed) state.close('cancelled', 'workflow cancelled', clock.now);
    state.outbox.syncWithin(clock.now, 0);
    runner.cancelAll();
  });
  // Runs are cancelled one by one, so that each still reaches the ledger.
  return CancellationScope.nonCancellable(async () => {
    while (!state.finished || !allHandlersFinished()) {
      await advance(state, runner, clock);
      publisher.publish();
      if (state.finished) {
        if (!allHandlersFinished()) await condition(allHandlersFinished);
        continue;
      }
      if (mayContinueAsNew(state, clock)) await continueAsNew<typeof job>({ ...state.carry, codeVersion });
      await rest(state, alarm, clock);
    }
    if (cancelled instanceof CancelledFailure) throw cancelled;
    return snapshotOf(state);
  });
}

/** Does all there is to do at this moment. */
async function advance(state: JobState, runner: Runner, clock: Clock): Promise<void> {
  const over = state.pauseOver(clock.now);
  if (over !== undefined && !runner.decidesAtOnce(over)) await runner.decideDue(over);
  state.resumeIfDue(clock.now);
  state.probeIfDue(clock.now);
  if (!runner.decidesAtOnce(clock.now)) await runner.decideDue(clock.now);
  for (let ready = state.takeReady(clock.now); ready.length > 0; ready = state.takeReady(clock.now)) {
    runner.stopReplaced();
    const attempts = ready.flatMap((run) => runner.start(run) ?? []);
    if (attempts.length > 0) await (attempts.length === 1 ? attempts[0] : Promise.all(attempts));
    if (!runner.decidesAtOnce(clock.now)) await runner.decideDue(clock.now);
  }
  runner.stopReplaced();
  state.closeIfExhausted(clock.now);
  const { dueAt } = state.outbox;
  if (dueAt !== undefined && dueAt <= clock.now) runner.sync();
}

/**
 * Sleeps until the next moment to look, or until a command or a run's end changes that moment. What it waits for depends
 * on the state alone, never on the clock: a refused Update leaves no event behind, so what it finds changed would have
 * no cause on replay.
 */
async function rest(state: JobState, alarm: Alarm, clock: Clock): Promise<void> {
  const { now } = clock;
  const wake = state.nextWake(now);
  let { revision } = state.job;
  const changed = () => {
    if (state.nextWake(now) !== wake || state.hasWork(now) || state.finished) return true;
    if (state.job.revision === revision) return false;
    revision = state.job.revision;
    return mayContinueAsNew(state, clock);
  };
  if (changed()) return;
  if (wake === undefined) await condition(changed);
  else await alarm.wait(wake, timerSummary(state, wake), changed);
}

function mayContinueAsNew(state: JobState, clock: Clock): boolean {
  const { length, bytes } = clock.history;
  if (length < historyBound && bytes < urgentBytes) return false;
  if (state.runs.running.length > 0 || state.closed || !allHandlersFinished()) return false;
  if (length >= urgentBound || bytes >= urgentBytes) return true;
  const wake = state.nextWake(clock.now);
  return !state.outbox.syncing && (wake === undefined || wake - clock.now >= quietMs);
}
