import type { JobCarry, PlanEntry, RunInProgress, RunSummary, WaitingRun } from '../contract.js';
import { durationMs } from '../duration.js';
import { scheduledRunId } from '../ids.js';
import { isOnce } from '../projection.js';
import { type CatchUp, judgeDue, lateMs, type Verdict } from './due.js';
import type { Journal } from './journal.js';
import { type Outbox, syncDelayMs } from './outbox.js';
import type { PauseBook } from './pause-book.js';
import type { RunBook } from './run-book.js';
import { dueTime, type Timetable } from './timetable.js';

/** The parts of a job that its occurrences are decided with. */
export interface Parts {
  timetable: Timetable;
  runs: RunBook;
  outbox: Outbox;
  pauses: PauseBook;
  journal: Journal;
}

/** Decides what becomes of each occurrence when its time has come, and knows when that is. */
export class Occurrences {
  constructor(
    private readonly carry: JobCarry,
    private readonly parts: Parts,
  ) {}

  private get job(): JobCarry['job'] {
    return this.carry.job;
  }

  /** A paused job with a single occurrence keeps it until it is resumed; it would be lost otherwise. */
  get holding(): boolean {
    return this.job.pause !== null && isOnce(this.job.definition.schedule);
  }

  /** No occurrence can run: the job is paused, or a long run has turned one away already. */
  private get blocked(): boolean {
    const [run] = this.parts.runs.running;
    if (this.job.pause) return true;
    return run !== undefined && this.job.definition.overlap === 'skip' && this.parts.timetable.passed(run.scheduledAt);
  }

  /** The next occurrence would start at once: it is woken for ahead of its time. Else it is decided on at its time. */
  private ahead(now: number): boolean {
    const { runs } = this.parts;
    if (this.job.pause) return false;
    return runs.idle || (this.job.definition.overlap === 'allow' && runs.admission(now).admitted);
  }

  /** When the next occurrences are to be decided on; undefined: none is planned, or none can be decided now. */
  nextWake(now: number): string | undefined {
    const { timetable, outbox, journal } = this.parts;
    if (journal.closed || this.holding || outbox.full) return undefined;
    // While none can run, the occurrences of a minute are decided in one go.
    if (this.blocked) return timetable.wakeWithin(syncDelayMs);
    const next = timetable.nextToWake;
    if (!next || next.excluded !== undefined) return next?.at;
    return !this.ahead(now) && Date.parse(next.wake) <= now ? (next.effectiveAt ?? next.at) : next.wake;
  }

  /**
   * Decides on every occurrence due at `now`: it waits to run, or is entered as not run.
   * @param ahead whether what is to be woken for counts as due, where it would start at once
   * @param ending a run that has ended, and is not in the way of what came due meanwhile any more
   */
  decideDue(now: number, ahead = true, ending?: RunInProgress): void {
    const { timetable, outbox, journal } = this.parts;
    if (journal.closed || this.holding || outbox.full) return;
    const paused = this.job.pause !== null;
    const overlapped = this.blocked && !paused;
    const due = timetable.takeDue(now, ahead && this.ahead(now));
    const more = timetable.runsOut(now);
    for (const verdict of judgeDue(due, now, this.catchUp, paused, more)) {
      if (this.atMaximum) return;
      this.#decide(verdict, now, overlapped, ending);
    }
  }

  #decide(verdict: Verdict, now: number, overlapped: boolean, ending: RunInProgress | undefined): void {
    const { runs, journal } = this.parts;
    const run = this.#occurrence(verdict.entry);
    const reason = verdict.run ? undefined : verdict.reason;
    if (reason === 'paused') this.keep(run, now);
    else if (overlapped && reason !== 'excluded') journal.notRun(run, now, 'skipped', 'overlap');
    else if (!verdict.run) journal.notRun(run, now, verdict.state, verdict.reason);
    else if (verdict.run === 'schedule') this.#admitByOverlap(run, now, ending);
    else if (runs.catchUpFull) journal.notRun(run, now, 'missed', 'catch_up_limit');
    else this.admit({ ...run, trigger: 'catch_up' });
  }

  #admitByOverlap(run: WaitingRun, now: number, ending: RunInProgress | undefined): void {
    const admission = this.parts.runs.admission(now);
    if (admission.admitted) {
      if (admission.replaces) this.replacePrevious(run.runId, now, ending);
      this.admit(run);
    } else this.parts.journal.notRun(run, now, 'skipped', admission.reason);
  }

  #occurrence({ at, wake, effectiveAt, excluded, moved }: PlanEntry): WaitingRun {
    const due = effectiveAt ?? at;
    const detail = excluded ?? moved;
    return {
      runId: scheduledRunId(this.job.jobId, Date.parse(at)),
      scheduledAt: at,
      trigger: 'schedule',
      ...(wake !== due && excluded === undefined && { holdUntil: due }),
      ...(effectiveAt !== undefined && { effectiveAt }),
      ...(detail !== undefined && { detail }),
    };
  }

  /** A new run takes the place of the one under way and of those that wait. Runs that are caught up go on. */
  replacePrevious(by: string, now: number, ending?: RunInProgress): void {
    const { runs, journal } = this.parts;
    for (const run of runs.takeWaiting(({ trigger }) => trigger !== 'catch_up')) {
      journal.notRun(run, now, 'cancelled', 'replaced', by);
    }
    const atOnce = this.job.definition.overlap === 'terminate_previous';
    for (const run of runs.running.filter((one) => one !== ending && one.trigger !== 'catch_up')) {
      if (run.executing && run.replacedBy === undefined) runs.stop(run.runId);
      if (atOnce || !run.executing) journal.replaced(run, by, now);
      else run.replacedBy = by;
    }
  }

  admit(run: WaitingRun): void {
    this.parts.runs.waiting.push(run);
    this.job.counters.started += 1;
    // The schedule ends here: what would follow is no occurrence of it.
    if (this.atMaximum) this.parts.timetable.clear();
  }

  get atMaximum(): boolean {
    const { maxRuns } = this.job.definition.schedule;
    return maxRuns !== undefined && this.job.counters.started >= maxRuns;
  }

  /** Due while the job is paused: kept for later, or not. */
  keep(run: WaitingRun, now: number): void {
    for (const dropped of this.parts.pauses.keep(run)) this.parts.journal.notRun(dropped, now, 'skipped', 'paused');
    this.parts.journal.changed();
  }

  /** Enters what is excluded and has passed, without waiting for the next occurrence that runs. */
  enterExcluded(now: number): void {
    for (const entry of this.parts.timetable.takeExcluded(now)) this.#enterPassed(entry, now);
  }

  /** Enters what has not started though its nominal time has passed: nothing will come of it any more. */
  abandon(now: number, state: 'skipped' | 'cancelled', reason: 'paused' | 'job_cancelled'): void {
    for (const entry of this.parts.timetable.takePassed(now)) this.#enterPassed(entry, now, state, reason);
  }

  #enterPassed(
    entry: PlanEntry,
    now: number,
    state: 'skipped' | 'cancelled' = 'skipped',
    reason: 'paused' | 'job_cancelled' = 'paused',
  ): void {
    const run = this.#occurrence(entry);
    if (entry.excluded !== undefined) this.parts.journal.notRun(run, now, 'skipped', 'excluded');
    else this.parts.journal.notRun(run, now, state, reason);
  }

  /** Id of the oldest occurrence that is due and late, if there is one to decide on. */
  lateRun(now: number): string | undefined {
    const next = this.parts.journal.closed || this.job.pause ? undefined : this.parts.timetable.next;
    if (!next || now - dueTime(next) <= lateMs) return undefined;
    return scheduledRunId(this.job.jobId, Date.parse(next.at));
  }

  /** The oldest occurrence ran before the workflow could say so. */
  recall(summary: RunSummary, now: number): void {
    const { timetable, runs, journal } = this.parts;
    this.enterExcluded(now);
    timetable.takeFirst();
    runs.remember(summary);
    journal.count(summary.state);
    this.job.counters.started += 1;
    if (this.atMaximum) timetable.clear();
    journal.changed();
  }

  private get catchUp(): CatchUp {
    const { policy, within } = this.job.definition.catchUp;
    return { policy, withinMs: within === undefined ? undefined : durationMs(within) };
  }
}
