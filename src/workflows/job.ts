import {
  allHandlersFinished,
  CancellationScope,
  CancelledFailure,
  condition,
  continueAsNew,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { type JobCarry, type JobSnapshot, searchAttributes } from '../core/contract.js';
import { bindCommands } from './commands.js';
import { detailsOf, timerSummary } from './details.js';
import { JobState } from './job-state.js';
import { Runner } from './runner.js';

/** At this many events the workflow continues as new: some 50 light runs, or 27 others. */
const historyBound = 300;
/** Continuing as new takes a workflow task or two; not while something is due. */
const quietMs = 1000;

/**
 * One job, from creation to its end. Sleeps until the next occurrence, starts it, and goes on.
 * @returns the job's last snapshot
 */
export async function job(carry: JobCarry): Promise<JobSnapshot> {
  const state = new JobState(carry);
  const runner = new Runner(state);
  bindCommands(state, runner);
  const scope = CancellationScope.current();
  let cancelled: unknown;
  void scope.cancelRequested.catch((error) => {
    cancelled = error;
    if (!state.closed) state.close('cancelled', 'workflow cancelled', Date.now());
    state.syncWithin(Date.now(), 0);
    runner.cancelAll();
  });
  // Runs are cancelled one by one, so that each still reaches the ledger.
  return CancellationScope.nonCancellable(async () => {
    const shown = { attributes: attributesOf(state) };
    while (!state.finished || !allHandlersFinished()) {
      await advance(state, runner);
      publish(state, shown);
      if (state.finished) {
        await condition(allHandlersFinished);
        continue;
      }
      if (mayContinueAsNew(state)) await continueAsNew<typeof job>(state.carry);
      await rest(state);
    }
    if (cancelled instanceof CancelledFailure) throw cancelled;
    return state.snapshot();
  });
}

/** Does all there is to do at this moment. */
async function advance(state: JobState, runner: Runner): Promise<void> {
  state.resumeIfDue(Date.now());
  await runner.topUp(Date.now());
  state.decideDue(Date.now());
  for (let ready = state.takeReady(Date.now()); ready.length > 0; ready = state.takeReady(Date.now())) {
    await Promise.all(ready.map((run) => runner.start(run)));
    state.decideDue(Date.now());
  }
  state.closeIfExhausted(Date.now());
  const { syncBy } = state.carry;
  if (syncBy !== null && !state.syncing && Date.parse(syncBy) <= Date.now()) runner.sync();
}

/** Sleeps until the next moment to look, or until a command or a run's end changes that moment. */
async function rest(state: JobState): Promise<void> {
  const wake = state.nextWake();
  const changed = () =>
    state.nextWake() !== wake || state.hasWork(Date.now()) || state.finished || mayContinueAsNew(state);
  if (changed()) return;
  if (wake === undefined) await condition(changed);
  else await condition(changed, Math.max(1, wake - Date.now()), { summary: timerSummary(state, wake) });
}

function mayContinueAsNew(state: JobState): boolean {
  if (workflowInfo().historyLength < historyBound || state.carry.running.length > 0 || state.closed) return false;
  const wake = state.nextWake();
  return allHandlersFinished() && (wake === undefined || wake - Date.now() >= quietMs);
}

/** What people see in the Temporal Web UI. Search attributes cost an event each: only changes of a command count. */
function publish(state: JobState, shown: { attributes: string }): void {
  setCurrentDetails(detailsOf(state));
  const attributes = attributesOf(state);
  if (attributes === shown.attributes) return;
  shown.attributes = attributes;
  const { definition, pause } = state.job;
  upsertSearchAttributes({
    [searchAttributes.task]: [definition.task],
    [searchAttributes.state]: [pause ? 'paused' : state.closed ? state.job.state : 'scheduled'],
    [searchAttributes.owner]: definition.owner ? [definition.owner] : [],
    [searchAttributes.priority]: [definition.priority],
  });
}

/** The attributes as one text. A job that ends by itself is told by the workflow's own status. */
function attributesOf({ job }: JobState): string {
  const { task, owner, priority } = job.definition;
  return JSON.stringify([task, owner, priority, job.pause !== null, job.state === 'cancelled']);
}
