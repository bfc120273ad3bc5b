import type {
  JobCarry,
  JobSnapshot,
  PreparedDefinition,
  RunInProgress,
  RunReceipt,
  RunSummary,
  WaitingRun,
} from '../contract.js';
import { durationMs } from '../duration.js';
import { isoTime, scheduledRunId } from '../ids.js';
import { closedState, countOutcome, isOnce } from '../projection.js';
import { isClosed, type JobState as State } from '../states.js';
import { CommandMemory } from './command-memory.js';
import { type CatchUp, judgeDue, laneOf, lateMs } from './due.js';
import { Outbox, promptSyncMs, syncDelayMs } from './outbox.js';
import { RunBook } from './run-book.js';
import { Timetable } from './timetable.js';

/**
 * A job's state and every rule that changes it. Plain: no timers, no activities, no clock (`now` comes in, ms).
 * The workflow drives it; queries read it; continue-as-new carries {@link carry}.
 */
export class JobState {
  readonly timetable: Timetable;
  readonly runs: RunBook;
  readonly outbox: Outbox;
  readonly commands: CommandMemory;

  constructor(readonly carry: JobCarry) {
    this.timetable = new Timetable(carry);
    this.runs = new RunBook(carry);
    this.outbox = new Outbox(carry);
    this.commands = new CommandMemory(carry);
  }

  get job(): JobCarry['job'] {
    return this.carry.job;
  }

  get closed(): boolean {
    return isClosed(this.job.state);
  }

  /** Closed, and nothing under way or unwritten. */
  get finished(): boolean {
    return this.closed && this.runs.running.length === 0 && this.outbox.settled;
  }

  /** A change of the workflow's own: one revision on, and the state that follows from the parts. */
  private changed(): void {
    this.job.revision += 2;
    this.deriveState();
  }

  private deriveState(): void {
    if (this.closed) return;
    if (this.job.pause) this.job.state = 'paused';
    else this.job.state = this.runs.running.length > 0 ? 'running' : 'scheduled';
  }

  /** A paused job with a single occurrence keeps it until it is resumed; it would be lost otherwise. */
  private get holding(): boolean {
    return this.job.pause !== null && isOnce(this.job.definition.schedule);
  }

  /** No occurrence can run: the job is paused, or a long run has turned one away already. */
  private get blocked(): boolean {
    const [run] = this.runs.running;
    if (this.job.pause) return true;
    return run !== undefined && this.job.definition.overlap === 'skip' && this.timetable.passed(run.scheduledAt);
  }

  /** The next occurrence would start at once: it is woken for ahead of its time. Else it is decided on at its time. */
  private get ahead(): boolean {
    return this.job.pause === null && (this.runs.idle || this.job.definition.overlap === 'allow');
  }

  /** A worker holds a run until this moment, ms: a command answered earlier could no longer keep it from starting. */
  heldUntil(now: number): number | undefined {
    const times = this.runs.running.map(({ holdUntil }) => Date.parse(holdUntil ?? '')).filter((time) => time > now);
    return times.length > 0 ? Math.max(...times) : undefined;
  }

  private get exhausted(): boolean {
    return !this.closed && this.timetable.exhausted && this.runs.idle;
  }

  /** Whether a run that starts now is the last thing the job does, as far as the plan tells. */
  get isLast(): boolean {
    return this.timetable.next === undefined && this.runs.waiting.length === 0 && this.runs.running.length === 1;
  }

  /** Further occurrences are wanted before all that is due at `now` can be decided. */
  needsPlan(now: number): boolean {
    return !this.closed && !this.outbox.full && this.timetable.runsOut(now);
  }

  /** Something can be done at once. */
  hasWork(now: number): boolean {
    return this.needsPlan(now) || this.exhausted || this.runs.mayStart(this.job.definition.overlap);
  }

  /**
   * When to look again, in ms; undefined: only a command or a run's end changes anything. A busy job is woken ahead too,
   * to sleep on: the timer would have to be moved when it falls idle, which costs more.
   */
  nextWake(now: number): number | undefined {
    const moments = [this.job.pause?.until, this.runs.nextRetry];
    if (!this.closed && !this.holding && !this.outbox.full) {
      // While none can run, the occurrences of a minute are decided in one go.
      const { next } = this.timetable;
      if (this.blocked) moments.push(this.timetable.wakeWithin(syncDelayMs));
      else moments.push(next && !this.ahead && Date.parse(next.wake) <= now ? next.at : next?.wake);
    }
    const times = moments.filter((moment) => moment !== undefined).map((moment) => Date.parse(moment));
    if (this.outbox.dueAt !== undefined) times.push(this.outbox.dueAt);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  /** Decides on every occurrence due at `now`: it waits to run, or is entered as not run. */
  decideDue(now: number): void {
    if (this.closed || this.holding || this.outbox.full) return;
    const overlapped = this.blocked && this.job.pause === null;
    const due = this.timetable.takeDue(now, this.ahead);
    const more = this.timetable.runsOut(now);
    for (const verdict of judgeDue(due, now, this.catchUp, this.job.pause !== null, more)) {
      if (this.atMaximum) return;
      const { at, wake } = verdict.entry;
      const runId = scheduledRunId(this.job.jobId, Date.parse(at));
      const holdUntil = wake === at ? undefined : at;
      const run: WaitingRun = { runId, scheduledAt: at, trigger: verdict.run || 'schedule', holdUntil };
      if (overlapped) this.notRun(run, now, 'skipped', 'overlap');
      else if (!verdict.run) this.notRun(run, now, verdict.state, verdict.reason);
      else if (verdict.run === 'catch_up' && !this.runs.catchUpFull) this.admit(run);
      else if (verdict.run === 'catch_up') this.notRun(run, now, 'missed', 'catch_up_limit');
      else if (this.admits()) this.admit(run);
      else this.notRun(run, now, 'skipped', 'overlap');
    }
  }

  /** Id of the oldest occurrence that is due and late, if there is one to decide on. */
  lateRun(now: number): string | undefined {
    const next = this.closed || this.job.pause ? undefined : this.timetable.next;
    if (!next || now - Date.parse(next.at) <= lateMs) return undefined;
    return scheduledRunId(this.job.jobId, Date.parse(next.at));
  }

  /** The oldest occurrence ran before the workflow could say so. */
  recall(summary: RunSummary, now: number): void {
    this.timetable.takeFirst();
    this.runs.remember(summary);
    this.job.counters = countOutcome(this.job.counters, summary.state);
    this.job.counters.started += 1;
    if (this.atMaximum) this.timetable.clear();
    this.changed();
    this.outbox.syncWithin(now, promptSyncMs);
  }

  private get catchUp(): CatchUp {
    const { policy, within } = this.job.definition.catchUp;
    return { policy, withinMs: within === undefined ? undefined : durationMs(within) };
  }

  /** Whether the overlap policy lets one more run in. */
  admits(): boolean {
    return this.runs.admits(this.job.definition.overlap);
  }

  private admit(run: WaitingRun): void {
    this.runs.waiting.push(run);
    this.job.counters.started += 1;
    // The schedule ends here: what would follow is no occurrence of it.
    if (this.atMaximum) this.timetable.clear();
  }

  private get atMaximum(): boolean {
    const { maxRuns } = this.job.definition.schedule;
    return maxRuns !== undefined && this.job.counters.started >= maxRuns;
  }

  /** Runs that start at `now`: retries whose wait is over, and waiting runs the overlap policy lets go. */
  takeReady(now: number): RunInProgress[] {
    const ready = this.runs.retriesDue(now);
    while (this.runs.mayStart(this.job.definition.overlap)) {
      ready.push(this.runs.start(laneOf(this.runs.waiting[0] as WaitingRun, this.job.definition, now)));
      this.changed();
    }
    return ready;
  }

  /**
   * Takes in how an activity of a run ended.
   * @param given the snapshot the activity got: when nothing else happened since, what it wrote is exactly what the
   * job is now, and nothing needs to be written
   */
  settle(run: RunInProgress, receipt: RunReceipt, given: JobSnapshot, now: number): void {
    this.outbox.acknowledge(receipt.ackedSeq);
    if (receipt.plan && given.definitionVersion === this.job.definitionVersion) this.timetable.add(receipt.plan);
    run.executing = false;
    if (receipt.retryAt !== undefined) {
      Object.assign(run, receipt.summary, { state: 'retrying', via: 'standard', retryAt: receipt.retryAt });
      return;
    }
    // What came due while the run was under way met it; what comes due later does not.
    this.decideDue(Math.min(now, Date.parse(receipt.summary.finishedAt ?? isoTime(now))));
    const untouched = this.job.revision === given.revision;
    this.runs.end(receipt.summary);
    this.job.counters = countOutcome(this.job.counters, receipt.summary.state);
    if (receipt.entry) this.outbox.enter(receipt.entry, now, promptSyncMs);
    this.job.revision += untouched ? 1 : 2;
    this.deriveState();
    if (this.exhausted) this.end(closedState(this.job.definition.schedule, receipt.summary), 'schedule exhausted', now);
    if (untouched && receipt.recorded) this.outbox.caughtUp();
    else this.outbox.syncWithin(now, promptSyncMs);
  }

  private notRun(
    run: WaitingRun,
    now: number,
    state: 'skipped' | 'missed' | 'cancelled',
    reason: RunSummary['reason'],
  ): void {
    const { input, holdUntil, ...rest } = run;
    const summary: RunSummary = { ...rest, state, attempt: 0, reason, finishedAt: isoTime(now) };
    this.runs.remember(summary);
    this.job.counters = countOutcome(this.job.counters, state);
    this.outbox.enter({ ...summary, definitionVersion: this.job.definitionVersion, input }, now, syncDelayMs);
    this.changed();
  }

  /** What was due before the command is decided by the rules that held until then. */
  pause(now: number, pause: { note?: string; by?: string; until?: string }): void {
    this.decideDue(now);
    this.job.pause = { ...pause, since: isoTime(now) };
    this.changed();
  }

  resume(now: number): void {
    if (!this.job.pause) return;
    this.decideDue(now);
    this.job.pause = null;
    this.changed();
  }

  resumeIfDue(now: number): void {
    const until = this.job.pause?.until;
    if (this.closed || until === undefined || Date.parse(until) > now) return;
    this.resume(Date.parse(until));
    this.outbox.syncWithin(now, promptSyncMs);
  }

  redefine(prepared: PreparedDefinition, now: number, by: string | undefined): void {
    this.decideDue(now);
    const { job } = this;
    const { definition, plan } = prepared;
    job.definition = definition;
    job.definitionVersion += 1;
    job.digest = prepared.digest;
    job.words = prepared.words;
    job.definedAt = isoTime(now);
    job.definedBy = by;
    // The new schedule counts from here. `immediate` was due when it was prepared.
    const entries = plan.entries.filter(({ at }) => Date.parse(at) > now || definition.schedule.immediate);
    this.timetable.replace({ ...plan, entries }, now);
    if (this.atMaximum) this.timetable.clear();
    this.changed();
  }

  trigger(now: number, runId: string, input: unknown): void {
    this.runs.waiting.push({ runId, scheduledAt: isoTime(now), trigger: 'manual', input });
    this.changed();
  }

  /** Ends the job. Runs under way are cancelled by the caller and settle afterwards. */
  close(state: Extract<State, 'completed' | 'failed' | 'cancelled'>, reason: string, now: number): void {
    this.decideDue(now);
    for (const run of this.runs.clearWaiting()) this.notRun(run, now, 'cancelled', 'job_cancelled');
    this.timetable.clear();
    if (this.outbox.size > 0) this.outbox.syncWithin(now, 0);
    this.job.revision += 2;
    this.end(state, reason, now);
  }

  /** Ends the job when its schedule has nothing left and no run's end has said so already. */
  closeIfExhausted(now: number): void {
    if (!this.exhausted) return;
    this.job.revision += 2;
    this.end(closedState(this.job.definition.schedule, this.runs.last), 'schedule exhausted', now);
    this.outbox.syncWithin(now, 0);
  }

  private end(state: State, reason: string, now: number): void {
    const closedAt = this.runs.last?.finishedAt ?? isoTime(now);
    Object.assign(this.job, { state, pause: null, closedAt, closeReason: reason });
  }
}
