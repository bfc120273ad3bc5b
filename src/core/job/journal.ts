import type { JobCarry, LedgerEntry, RunInProgress, RunSummary, WaitingRun } from '../contract.js';
import { isoTime } from '../ids.js';
import { countOutcome } from '../projection.js';
import { isClosed, type NotRunReason } from '../states.js';
import { type Outbox, promptSyncMs, syncDelayMs } from './outbox.js';
import { type RunBook, summaryOf } from './run-book.js';

/** Where a job's changes are entered: its revision, its counters, and for the ledger what no activity will write. */
export class Journal {
  constructor(
    private readonly carry: JobCarry,
    private readonly runs: RunBook,
    private readonly outbox: Outbox,
  ) {}

  get closed(): boolean {
    return isClosed(this.carry.job.state);
  }

  /** A change of the workflow's own: one revision on, and the state that follows from the parts. */
  changed(): void {
    this.carry.job.revision += 2;
    this.deriveState();
  }

  deriveState(): void {
    const { job } = this.carry;
    if (this.closed) return;
    if (job.pause) job.state = 'paused';
    else job.state = this.runs.running.length > 0 ? 'running' : 'scheduled';
  }

  count(state: RunSummary['state']): void {
    this.carry.job.counters = countOutcome(this.carry.job.counters, state);
  }

  /** An occurrence that will not run, and why. */
  notRun(
    run: WaitingRun,
    now: number,
    state: 'skipped' | 'missed' | 'cancelled',
    reason: NotRunReason,
    detail = run.detail,
  ): void {
    const { input, holdUntil, ...rest } = run;
    const summary: RunSummary = { ...rest, state, attempt: 0, reason, detail, finishedAt: isoTime(now) };
    this.runs.remember(summary);
    this.count(state);
    this.outbox.enter(this.#entry(summary, input), now, syncDelayMs);
    this.changed();
  }

  /** A run under way that ends here, because another takes its place. Whatever its activity does no longer counts. */
  replaced(run: RunInProgress, by: string, now: number): void {
    const end = { state: 'cancelled', reason: 'replaced', detail: by, finishedAt: isoTime(now) } as const;
    const summary: RunSummary = { ...summaryOf(run), ...end };
    this.runs.end(summary);
    this.count('cancelled');
    this.outbox.enter(this.#entry(summary, run.input), now, promptSyncMs);
    this.changed();
  }

  #entry(summary: RunSummary, input: unknown) {
    return { ...summary, definitionVersion: this.carry.job.definitionVersion, input };
  }
}

/** A run that was told to make room, or to stop, ended as it was told: that is why. */
export function endOf<End extends RunSummary | LedgerEntry>({ replacedBy, stopped }: RunInProgress, end: End): End {
  if (end.state !== 'cancelled') return end;
  if (replacedBy !== undefined) return { ...end, reason: 'replaced', detail: replacedBy };
  return stopped ? { ...end, reason: 'run_cancelled', detail: stopped.reason ?? end.detail } : end;
}
