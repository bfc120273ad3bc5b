import {
  allHandlersFinished,
  CancellationScope,
  CancelledFailure,
  condition,
  continueAsNew,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { BackfillState } from '../core/backfill/backfill-state.js';
import type { BackfillCarry, BackfillSnapshot } from '../core/backfill/contract.js';
import { bindBackfillCommands } from './backfill-commands.js';
import { BackfillPublisher } from './backfill-publisher.js';
import { BackfillRunner } from './backfill-runner.js';

/** At this many events the workflow lets its runs end and continues as new; more for each run at once, as all must end. */
const historyBound = 400;
const historyPerRun = 20;
const sizeBound = 8 * 1024 * 1024;

/**
 * One backfill, from creation to its end: plans in pages, keeps a window of runs in progress, and goes on until the
 * range is gone through.
 * @returns the backfill's last snapshot
 */
export async function backfill(carry: BackfillCarry): Promise<BackfillSnapshot> {
  const state = new BackfillState(carry);
  const publisher = new BackfillPublisher(state);
  const runner = new BackfillRunner(state);
  bindBackfillCommands(state, runner);
  let cancelled: unknown;
  void CancellationScope.current().cancelRequested.catch((error) => {
    cancelled = error;
    if (!state.closed) state.cancel(Date.now(), 'workflow cancelled');
    runner.cancelAll();
  });
  // Runs are cancelled one by one, so that each still reaches the ledger.
  return CancellationScope.nonCancellable(async () => {
    const bell = new SyncBell(state);
    while (!state.finished || !allHandlersFinished()) {
      // What is waited for depends on the state alone, never on the clock or the history's length: a refused Update leaves
      // no event behind, so what it finds changed would have no cause on replay.
      const [now, long] = [Date.now(), isLong(state)];
      if (!long) runner.goOn();
      state.closeIfExhausted(now);
      if (syncIsDue(state, now)) runner.sync();
      publisher.publish();
      if (long && state.quiet && allHandlersFinished()) await continueAsNew<typeof backfill>(state.carry);
      const revision = state.carry.backfill.revision;
      bell.set(now);
      await condition(
        () =>
          state.carry.backfill.revision !== revision ||
          (!long && (state.mayStart || state.wantsPage)) ||
          (long && state.quiet && allHandlersFinished()) ||
          bell.wanted(now) ||
          syncIsDue(state, now) ||
          (state.finished && allHandlersFinished()),
      );
    }
    if (cancelled instanceof CancelledFailure) throw cancelled;
    return state.snapshot;
  });
}

function syncIsDue({ outbox }: BackfillState, now: number): boolean {
  return outbox.dueAt !== undefined && outbox.dueAt <= now;
}

function isLong({ carry }: BackfillState): boolean {
  const { historyLength, historySize } = workflowInfo();
  return (
    historyLength >= historyBound + historyPerRun * carry.backfill.request.maxActiveRuns || historySize >= sizeBound
  );
}

/** Wakes the workflow for a sync. Its timer is let run even if the sync came sooner: moving it would cost more events. */
class SyncBell {
  #set = false;

  constructor(private readonly state: BackfillState) {}

  /** A sync lies ahead and no timer runs. */
  wanted(now: number): boolean {
    const { dueAt } = this.state.outbox;
    return !this.#set && dueAt !== undefined && dueAt > now;
  }

  set(now: number): void {
    if (!this.wanted(now)) return;
    this.#set = true;
    void sleep(Math.max(1, (this.state.outbox.dueAt as number) - now), { summary: 'write the progress' }).then(() => {
      this.#set = false;
    });
  }
}
