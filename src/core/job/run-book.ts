import type { JobCarry, RunInProgress, RunSummary, WaitingRun } from '../contract.js';
import type { Definition, Lane } from '../definition.js';
import { durationMs } from '../duration.js';
import { isoTime } from '../ids.js';
import { type Admission, judgeOverlap, mostAtOnce } from './overlap.js';

const recentRuns = 20;
/** Catch-up runs that wait; they go one after another. */
const catchUpLimit = 1000;

/** A job's runs: those under way, those that wait, and the last that ended. */
export class RunBook {
  /** Runs under way that are to be told to stop, by id. The caller does, at once: it is not carried over. */
  private stopping: string[] = [];

  constructor(private readonly carry: JobCarry) {}

  get running(): RunInProgress[] {
    return this.carry.running;
  }

  get waiting(): WaitingRun[] {
    return this.carry.waiting;
  }

  get last(): RunSummary | null {
    return this.carry.recent[0] ?? null;
  }

  /** Nothing is under way and nothing waits. */
  get idle(): boolean {
    return this.running.length + this.waiting.length === 0;
  }

  private get definition(): Definition {
    return this.carry.job.definition;
  }

  /** What the overlap policy says of one more run, now or after the one under way. */
  admission(now: number): Admission {
    return judgeOverlap(this.definition, this.running, this.waiting, this.spacedUntil(now) !== undefined);
  }

  get catchUpFull(): boolean {
    return this.waiting.length >= catchUpLimit;
  }

  /** When the next run that is caught up may start, ms; undefined: at once, or none waits. */
  spacedUntil(now: number): number | undefined {
    const { spacing } = this.definition.catchUp;
    const { caughtUpAt } = this.carry;
    if (spacing === undefined || caughtUpAt === undefined) return undefined;
    if (!this.waiting.some(({ trigger }) => trigger === 'catch_up')) return undefined;
    const moment = Date.parse(caughtUpAt) + durationMs(spacing);
    return moment > now ? moment : undefined;
  }

  /** The waiting run that may start. Catch-up runs go one by one: an outage must not end in a burst. */
  private startable(now: number): WaitingRun | undefined {
    const spaced = this.waiting[0]?.trigger === 'catch_up' && this.spacedUntil(now) !== undefined;
    const next = spaced ? this.waiting.find(({ trigger }) => trigger !== 'catch_up') : this.waiting[0];
    if (!next || this.running.length === 0) return next;
    return next.trigger !== 'catch_up' && this.running.length < mostAtOnce(this.definition) ? next : undefined;
  }

  mayStart(now: number): boolean {
    return this.startable(now) !== undefined;
  }

  /** Moves the next of the waiting runs to those under way. */
  start(now: number, laneOf: (run: WaitingRun) => Lane): RunInProgress | undefined {
    const next = this.startable(now);
    if (!next) return undefined;
    this.waiting.splice(this.waiting.indexOf(next), 1);
    if (next.trigger === 'catch_up') this.carry.caughtUpAt = isoTime(now);
    const run: RunInProgress = { ...next, state: 'queued', attempt: 0, via: laneOf(next), executing: false };
    this.running.push(run);
    return run;
  }

  /** Removes and returns the waiting runs that fit. */
  takeWaiting(fits: (run: WaitingRun) => boolean = () => true): WaitingRun[] {
    const taken = this.waiting.filter(fits);
    this.carry.waiting = this.waiting.filter((run) => !taken.includes(run));
    return taken;
  }

  stop(runId: string): void {
    this.stopping.push(runId);
  }

  get mustStop(): boolean {
    return this.stopping.length > 0;
  }

  takeStopping(): string[] {
    return this.stopping.splice(0);
  }

  /** Runs between two attempts whose wait is over at `now` (ms). */
  retriesDue(now: number): RunInProgress[] {
    return this.running.filter(({ executing, retryAt }) => !executing && Date.parse(retryAt ?? '') <= now);
  }

  /** When the next attempt of a waiting retry begins. */
  get nextRetry(): string | undefined {
    const moments = this.running.filter(({ executing }) => !executing).map(({ retryAt }) => retryAt ?? '');
    return moments.sort((a, b) => Date.parse(a) - Date.parse(b))[0];
  }

  end(summary: RunSummary): void {
    this.carry.running = this.running.filter(({ runId }) => runId !== summary.runId);
    this.remember(summary);
  }

  remember(summary: RunSummary): void {
    this.carry.recent.unshift(summary);
    this.carry.recent.length = Math.min(this.carry.recent.length, recentRuns);
  }

  /** What is known of a run. */
  find(runId: string): RunSummary | undefined {
    const running = this.running.find((run) => run.runId === runId);
    if (running) return summaryOf(running);
    const waiting = this.waiting.find((run) => run.runId === runId);
    if (waiting) return { ...waiting, state: 'queued', attempt: 0 };
    return this.carry.recent.find((run) => run.runId === runId);
  }
}

export function summaryOf({
  input,
  holdUntil,
  via,
  retryAt,
  executing,
  replacedBy,
  stopped,
  ...summary
}: RunInProgress): RunSummary {
  return summary;
}
