import type { JobCarry, RunInProgress, RunSummary, WaitingRun } from '../contract.js';
import type { Lane, OverlapPolicy } from '../definition.js';

const recentRuns = 20;
/** Runs of one job at the same time, whatever its overlap policy. */
const concurrencyLimit = 100;
/** Catch-up runs that wait; they go one after another. */
const catchUpLimit = 1000;

/** A job's runs: those under way, those that wait, and the last that ended. Knows the overlap policy's rules. */
export class RunBook {
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

  /** Whether the policy lets one more run in, now or after the one under way. */
  admits(overlap: OverlapPolicy): boolean {
    if (overlap === 'allow') return this.running.length + this.waiting.length < concurrencyLimit;
    return this.idle || (overlap === 'buffer_one' && !this.waiting.some(({ trigger }) => trigger !== 'catch_up'));
  }

  get catchUpFull(): boolean {
    return this.waiting.length >= catchUpLimit;
  }

  /** Whether the first of the waiting runs may start. Catch-up runs go one by one: an outage must not end in a burst. */
  mayStart(overlap: OverlapPolicy): boolean {
    const [next] = this.waiting;
    if (!next) return false;
    if (this.running.length === 0) return true;
    return overlap === 'allow' && next.trigger !== 'catch_up' && this.running.length < concurrencyLimit;
  }

  /** Moves the first of the waiting runs to those under way. */
  start(via: Lane): RunInProgress {
    const next = this.waiting.shift() as WaitingRun;
    const run: RunInProgress = { ...next, state: 'queued', attempt: 0, via, executing: false };
    this.running.push(run);
    return run;
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

  clearWaiting(): WaitingRun[] {
    return this.waiting.splice(0);
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

export function summaryOf({ input, holdUntil, via, retryAt, executing, ...summary }: RunInProgress): RunSummary {
  return summary;
}
