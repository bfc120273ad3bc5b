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
      if (!isLong(state)) runner.goOn();
      state.closeIfExhausted(Date.now());
      if (syncIsDue(state)) runner.sync();
      publisher.publish();
      if (isLong(state) && state.quiet && allHandlersFinished()) await continueAsNew<typeof backfill>(state.carry);
      const revision = state.carry.backfill.revision;
      bell.set();
      await condition(
        () =>
          state.carry.backfill.revision !== revision ||
          (!isLong(state) && (state.mayStart || state.wantsPage)) ||
          (isLong(state) && state.quiet && allHandlersFinished()) ||
          bell.wanted ||
          syncIsDue(state) ||
          (state.finished && allHandlersFinished()),
      );
    }
    if (cancelled instanceof CancelledFailure) throw cancelled;
    return state.snapshot;
  });
}

function syncIsDue({ outbox }: BackfillState): boolean {
  return outbox.dueAt !== undefined && outbox.dueAt <= Date.now();
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
  get wanted(): boolean {
    const { dueAt } = this.state.outbox;
    return !this.#set && dueAt !== undefined && dueAt > Date.now();
  }

  set(): void {
    if (!this.wanted) return;
    this.#set = true;
    void sleep(Math.max(1, (this.state.outbox.dueAt as number) - Date.now()), { summary: 'write the progress' }).then(
      () => {
        this.#set = false;
      },
    );
  }
}
