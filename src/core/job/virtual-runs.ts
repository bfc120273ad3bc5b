import type { JobSnapshot, RunError, RunInProgress, RunReceipt, RunSummary } from '../contract.js';
import { durationMs } from '../duration.js';
import { isoTime } from '../ids.js';
import { waitBeforeNext } from '../retry.js';
import type { JobState } from './job-state.js';
import { summaryOf } from './run-book.js';
import { snapshotOf } from './views.js';

/** How long each attempt takes, and how it ends; default `succeeded`. `index` counts runs in the order they start. */
export type Durations =
  | string
  | string[]
  | ((run: { runId: string; scheduledAt: string; attempt: number; index: number }) => {
      duration: string;
      outcome?: 'succeeded' | 'failed';
    });

interface Attempt {
  run: RunInProgress;
  given: JobSnapshot;
  index: number;
  number: number;
  firstStart: number;
  /** When the attempt ends, or the wait before it; ms. */
  until: number;
  waiting: boolean;
  error: RunError | undefined;
}

const failed: RunError = { code: 'TASK_FAILED', message: 'simulated' };
const lost: RunError = { code: 'WORKER_LOST', message: 'The worker was lost in mid-attempt.' };
const outOfTime = (code: 'TIMEOUT_ATTEMPT' | 'TIMEOUT_RUN'): RunError => ({ code, message: 'simulated' });

/** The runs of a simulated job: what workers do for a real one, with durations in place of work. */
export class VirtualRuns {
  #attempts: Attempt[] = [];
  #started = 0;

  constructor(
    private readonly state: JobState,
    private readonly durations: Durations,
  ) {}

  get length(): number {
    return this.#attempts.length;
  }

  /** A light run is under way: the job's clock waits for it. */
  get clockStands(): boolean {
    return this.#attempts.some(({ run }) => run.via === 'light');
  }

  get nextEnd(): number | undefined {
    return this.#attempts.length > 0 ? Math.min(...this.#attempts.map(({ until }) => until)) : undefined;
  }

  /** Starts what may start at `now`, after those that make room for it have stopped. */
  start(now: number): void {
    this.#stop(now);
    for (const run of this.state.takeReady(now)) {
      const given = snapshotOf(this.state);
      const begin = Math.max(now, Date.parse(run.holdUntil ?? '') || now);
      const firstStart = run.startedAt === undefined ? begin : Date.parse(run.startedAt);
      const index = run.attempt === 0 ? this.#started++ : this.#started - 1;
      Object.assign(run, { executing: true, state: 'running', attempt: run.attempt + 1 });
      const attempt = {
        run,
        given,
        index,
        number: run.attempt,
        firstStart,
        until: 0,
        waiting: false,
        error: undefined,
      };
      this.#attempts.push(this.#begin(attempt, begin));
    }
  }

  /** What ended by `now`: a receipt for the job, an entry for the ledger, or another attempt. */
  settleUntil(now: number, entries: RunSummary[]): void {
    for (let next = this.#first(now); next; next = this.#first(now)) this.#ended(next, next.until, entries);
  }

  /** No worker was there from `from` to `to`: attempts under way are made again, if any are left. */
  interrupted(from: number, to: number): void {
    for (const attempt of this.#attempts.filter(({ firstStart }) => firstStart < from)) {
      const { run, number, firstStart, waiting } = attempt;
      if (waiting) attempt.until = Math.max(attempt.until, to);
      else if (waitBeforeNext(this.state.job.definition, number, undefined, from - firstStart) === undefined) {
        Object.assign(attempt, { until: to, error: lost });
      } else {
        attempt.number += 1;
        run.attempt = attempt.number;
        if (run.via === 'light') run.via = 'standard';
        this.#begin(attempt, to);
      }
    }
  }

  #first(now: number): Attempt | undefined {
    return this.#attempts.filter(({ until }) => until <= now).sort((a, b) => a.until - b.until)[0];
  }

  #begin(attempt: Attempt, at: number): Attempt {
    const { timeouts } = attempt.given.definition;
    const { ms, outcome } = this.#durationOf(attempt);
    const ends = [
      { until: at + ms, error: outcome === 'failed' ? failed : undefined },
      { until: at + durationMs(timeouts.attempt), error: outOfTime('TIMEOUT_ATTEMPT') },
      { until: attempt.firstStart + durationMs(timeouts.run), error: outOfTime('TIMEOUT_RUN') },
    ];
    return Object.assign(attempt, { waiting: false }, ends.sort((a, b) => a.until - b.until)[0]);
  }

  #durationOf({ run, number, index }: Attempt): { ms: number; outcome?: 'succeeded' | 'failed' } {
    const { durations } = this;
    const { runId, scheduledAt } = run;
    if (typeof durations === 'string') return { ms: lengthOf(durations) };
    if (Array.isArray(durations)) return { ms: lengthOf(durations[index % durations.length] ?? 'PT0S') };
    const { duration, outcome } = durations({ runId, scheduledAt, attempt: number, index });
    return { ms: lengthOf(duration), outcome };
  }

  #ended(attempt: Attempt, at: number, entries: RunSummary[]): void {
    const { run, given, number, firstStart, error } = attempt;
    if (attempt.waiting) {
      attempt.number += 1;
      run.attempt = attempt.number;
      this.#begin(attempt, at);
      return;
    }
    const known = error === undefined || error.code === 'WORKER_LOST' || error.code === 'TIMEOUT_RUN';
    const wait = known ? undefined : waitBeforeNext(given.definition, number, error.code, at - firstStart);
    if (wait !== undefined && run.via !== 'light') {
      Object.assign(attempt, { waiting: true, until: at + wait });
      return;
    }
    this.#attempts = this.#attempts.filter((one) => one !== attempt);
    const summary: RunSummary = { ...summaryOf(run), attempt: number, startedAt: isoTime(firstStart), error };
    const receipt = { recorded: true, ackedSeq: 0 };
    if (wait !== undefined) {
      const retrying: RunReceipt = {
        ...receipt,
        summary: { ...summary, state: 'retrying' },
        retryAt: isoTime(at + wait),
      };
      this.state.settle(run, retrying, given, at);
      return;
    }
    Object.assign(summary, { state: endState(error), finishedAt: isoTime(at) });
    if (!this.state.runs.running.includes(run)) return;
    if (error === undefined) delete summary.error;
    entries.push(summary);
    this.state.settle(run, { ...receipt, summary }, given, at);
  }

  /** A run whose place another takes hears of it at once. */
  #stop(now: number): void {
    for (const runId of this.state.runs.takeStopping()) {
      const attempt = this.#attempts.find(({ run }) => run.runId === runId);
      if (!attempt) continue;
      this.#attempts = this.#attempts.filter((one) => one !== attempt);
      const { run, given, number, firstStart } = attempt;
      const times = { startedAt: isoTime(firstStart), finishedAt: isoTime(now) };
      const summary: RunSummary = { ...summaryOf(run), state: 'cancelled', attempt: number, ...times };
      const entry = { ...summary, definitionVersion: given.definitionVersion };
      this.state.settle(run, { summary, entry, recorded: false, ackedSeq: 0 }, given, now);
    }
  }
}

function endState(error: RunError | undefined): RunSummary['state'] {
  if (!error) return 'succeeded';
  return error.code.startsWith('TIMEOUT') ? 'timed_out' : 'failed';
}

/** A run may take no time at all, which is no duration elsewhere. */
function lengthOf(text: string): number {
  return /^(PT?0S|0s)$/.test(text) ? 0 : durationMs(text, 'durations');
}
