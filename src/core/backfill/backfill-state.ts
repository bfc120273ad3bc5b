import type { RunReceipt } from '../contract.js';
import { backfillRunId, isoTime } from '../ids.js';
import { CommandMemory } from '../job/command-memory.js';
import { Outbox } from '../job/outbox.js';
import type { RunState } from '../states.js';
import type { BackfillCarry, BackfillCounts, BackfillPage, BackfillRun, BackfillSnapshot } from './contract.js';
import { type BackfillStateName, isBackfillClosed } from './states.js';

/** The database gets the progress at most once in this time. */
const syncEveryMs = 1000;

const counterOf: Partial<Record<RunState, 'succeeded' | 'failed' | 'timedOut' | 'cancelled'>> = {
  succeeded: 'succeeded',
  failed: 'failed',
  timed_out: 'timedOut',
  cancelled: 'cancelled',
  // The task looked, and there was nothing to do.
  skipped: 'succeeded',
};

/** A backfill's state and every rule that changes it. Plain, as the job's: `now` comes in, ms. */
export class BackfillState {
  readonly outbox: Outbox;
  readonly commands: CommandMemory;
  /** A page is asked for. */
  planning = false;

  constructor(readonly carry: BackfillCarry) {
    this.outbox = new Outbox(carry);
    this.commands = new CommandMemory(carry);
  }

  get closed(): boolean {
    return isBackfillClosed(this.carry.backfill.state);
  }

  /** Closed, and nothing under way or unwritten. */
  get finished(): boolean {
    return this.closed && this.carry.running.length === 0 && this.outbox.settled;
  }

  private get open(): boolean {
    return this.carry.backfill.state === 'running';
  }

  /** One more run may start. */
  get mayStart(): boolean {
    const { queue, running, backfill } = this.carry;
    return this.open && queue.length > 0 && running.length < backfill.request.maxActiveRuns && !this.outbox.full;
  }

  /** The queue runs low: a page is asked for while the last ones are under way. */
  get wantsPage(): boolean {
    const { queue, planned, backfill } = this.carry;
    return this.open && !planned && !this.planning && queue.length < backfill.request.maxActiveRuns;
  }

  /** Nothing is under way: the workflow may continue as new, also while it waits for the database at its end. */
  get quiet(): boolean {
    return this.carry.running.length === 0 && !this.planning && !this.outbox.syncing;
  }

  get exhausted(): boolean {
    const { planned, queue, running } = this.carry;
    return !this.closed && planned && queue.length === 0 && running.length === 0;
  }

  /** Moves the first of the queue to those under way. */
  start(now: number): BackfillRun {
    const { carry } = this;
    const scheduledAt = carry.queue.shift() as string;
    const runId = backfillRunId(carry.backfill.jobId, Date.parse(scheduledAt), carry.backfill.backfillId);
    const run = { runId, scheduledAt };
    carry.running.push(run);
    carry.counts.reached = scheduledAt;
    this.changed(now);
    return run;
  }

  addPage(page: BackfillPage, now: number): void {
    const { carry } = this;
    carry.queue.push(...page.times);
    carry.cursor = page.cursor;
    carry.planned = page.done;
    carry.counts.total += page.times.length;
    carry.counts.skipped += page.skipped;
    carry.counts.excluded += page.excluded;
    this.changed(now);
  }

  settle({ summary, entry, ackedSeq }: RunReceipt, now: number): void {
    const { carry } = this;
    this.outbox.acknowledge(ackedSeq);
    carry.running = carry.running.filter(({ runId }) => runId !== summary.runId);
    const counter = counterOf[summary.state];
    if (counter) carry.counts[counter] += 1;
    if (entry) this.outbox.enter(entry, now, syncEveryMs);
    this.changed(now);
  }

  pause(now: number, pause: { note?: string; by?: string }): void {
    Object.assign(this.carry.backfill, { state: 'paused', pause: { ...pause, since: isoTime(now) } });
    this.changed(now);
  }

  resume(now: number): void {
    if (this.carry.backfill.state !== 'paused') return;
    Object.assign(this.carry.backfill, { state: 'running', pause: null });
    this.changed(now);
  }

  /** Runs under way are cancelled by the caller and settle afterwards. */
  cancel(now: number, reason: string): void {
    this.carry.queue = [];
    this.close('cancelled', reason, now);
  }

  /** Ends the backfill when everything has run. */
  closeIfExhausted(now: number): void {
    if (!this.exhausted) return;
    const { failed, timedOut } = this.carry.counts;
    if (failed + timedOut === 0) this.close('completed', 'range gone through', now);
    else this.close('failed', `${failed + timedOut} runs failed`, now);
  }

  private close(state: BackfillStateName, closeReason: string, now: number): void {
    Object.assign(this.carry.backfill, { state, pause: null, closedAt: isoTime(now), closeReason });
    this.changed(now);
    this.outbox.syncWithin(now, 0);
  }

  /** One revision on, and the database hears of it: at once, unless it did a moment ago. */
  private changed(now: number): void {
    this.carry.backfill.revision += 1;
    const last = Date.parse(this.carry.syncedAt ?? '');
    this.outbox.syncWithin(now, Number.isNaN(last) ? 0 : Math.max(0, last + syncEveryMs - now));
  }

  get snapshot(): BackfillSnapshot {
    const { backfill, counts, planned, running } = this.carry;
    const ended = counts.succeeded + counts.failed + counts.timedOut + counts.cancelled;
    return {
      ...backfill,
      progress: {
        ...counts,
        exact: planned,
        running: running.length,
        remaining: counts.total - ended,
        percent: percentOf(this.carry, ended),
      },
    };
  }
}

export const zeroCounts: BackfillCounts = {
  total: 0,
  succeeded: 0,
  failed: 0,
  timedOut: 0,
  cancelled: 0,
  skipped: 0,
  excluded: 0,
  reached: null,
};

function percentOf({ backfill, counts, planned, cursor }: BackfillCarry, ended: number): number {
  if (planned && counts.total > 0) return Math.floor((100 * ended) / counts.total);
  if (planned) return 100;
  const { from, to, order } = backfill.request;
  const reached = Date.parse(counts.reached ?? cursor ?? '');
  if (Number.isNaN(reached)) return 0;
  const gone = order === 'oldest' ? reached - Date.parse(from) : Date.parse(to) - reached;
  return Math.max(0, Math.min(99, Math.floor((100 * gone) / (Date.parse(to) - Date.parse(from)))));
}
