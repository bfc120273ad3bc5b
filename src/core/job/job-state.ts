import type {
  JobCarry,
  JobSnapshot,
  Pause,
  PlanEntry,
  PreparedDefinition,
  RunInProgress,
  RunReceipt,
  RunSummary,
  WaitingRun,
} from '../contract.js';
import type { PausedPolicy } from '../definition.js';
import { isoTime, scheduledRunId, triggeredRunId } from '../ids.js';
import { closedState } from '../projection.js';
import type { JobState as State } from '../states.js';
import { CommandMemory } from './command-memory.js';
import { laneOf } from './due.js';
import { FailureWatch } from './failure-watch.js';
import { endOf, Journal } from './journal.js';
import { Occurrences } from './occurrences.js';
import { Outbox, promptSyncMs } from './outbox.js';
import { PauseBook } from './pause-book.js';
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
  readonly #pauses: PauseBook;
  readonly #failures: FailureWatch;
  readonly #journal: Journal;
  readonly #occurrences: Occurrences;

  constructor(readonly carry: JobCarry) {
    this.timetable = new Timetable(carry);
    this.runs = new RunBook(carry);
    this.outbox = new Outbox(carry);
    this.commands = new CommandMemory(carry);
    this.#pauses = new PauseBook(carry);
    this.#failures = new FailureWatch(carry);
    this.#journal = new Journal(carry, this.runs, this.outbox);
    const { timetable, runs, outbox } = this;
    const [pauses, journal] = [this.#pauses, this.#journal];
    this.#occurrences = new Occurrences(carry, { timetable, runs, outbox, pauses, journal });
  }

  get job(): JobCarry['job'] {
    return this.carry.job;
  }

  get closed(): boolean {
    return this.#journal.closed;
  }

  /** Closed, and nothing under way or unwritten. */
  get finished(): boolean {
    return this.closed && this.runs.running.length === 0 && this.outbox.settled;
  }

  /** A worker holds a run until this moment, ms: a command answered earlier could no longer keep it from starting. */
  heldUntil(now: number): number | undefined {
    const times = this.runs.running.map(({ holdUntil }) => Date.parse(holdUntil ?? '')).filter((time) => time > now);
    return times.length > 0 ? Math.max(...times) : undefined;
  }

  private get exhausted(): boolean {
    return !this.closed && this.timetable.exhausted && this.runs.idle && this.#pauses.empty;
  }

  /** Whether a run that starts now is the last thing the job does, as far as the plan tells. */
  get isLast(): boolean {
    const { waiting, running } = this.runs;
    return this.timetable.empty && waiting.length === 0 && running.length === 1 && this.#pauses.empty;
  }

  /** Further occurrences are wanted before all that is due at `now` can be decided. */
  needsPlan(now: number): boolean {
    return !this.closed && !this.outbox.full && this.timetable.runsOut(now);
  }

  /** Something can be done at once. */
  hasWork(now: number): boolean {
    return this.needsPlan(now) || this.exhausted || this.runs.mayStart(now) || this.runs.mustStop;
  }

  /**
   * When to look again, in ms; undefined: only a command or a run's end changes anything. A busy job is woken ahead too,
   * to sleep on: the timer would have to be moved when it falls idle, which costs more.
   */
  nextWake(now: number): number | undefined {
    const { runs, outbox } = this;
    const until = outbox.full ? undefined : this.job.pause?.until;
    const moments = [until, runs.nextRetry, this.#probeAt, this.#occurrences.nextWake(now)];
    const times = moments.filter((moment) => moment !== undefined).map((moment) => Date.parse(moment));
    const spaced = runs.running.length === 0 ? runs.spacedUntil(now) : undefined;
    if (spaced !== undefined) times.push(spaced);
    if (outbox.dueAt !== undefined) times.push(outbox.dueAt);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  /** Decides on every occurrence due at `now`, or to be woken for: it waits to run, or is entered as not run. */
  decideDue(now: number): void {
    this.#occurrences.decideDue(now);
  }

  /** Decides on what is due at `now` and nothing else: a command changes what comes after it. */
  decidePast(now: number): void {
    this.#occurrences.decideDue(now, false);
  }

  /** Id of the oldest occurrence that is due and late, if there is one to decide on. */
  lateRun(now: number): string | undefined {
    return this.#occurrences.lateRun(now);
  }

  /** The oldest occurrence ran before the workflow could say so. */
  recall(summary: RunSummary, now: number): void {
    this.#occurrences.recall(summary, now);
    this.outbox.syncWithin(now, promptSyncMs);
  }

  /** The database is about to be written: what is excluded and has passed goes along. */
  enterExcluded(now: number): void {
    if (!this.closed && !this.outbox.full) this.#occurrences.enterExcluded(now);
  }

  /** Runs that start at `now`: retries whose wait is over, and waiting runs the overlap policy lets go. */
  takeReady(now: number): RunInProgress[] {
    const ready = this.runs.retriesDue(now);
    const { definition } = this.job;
    const startNext = () => this.runs.start(now, (waiting) => laneOf(waiting, definition, now));
    for (let run = startNext(); run; run = startNext()) {
      ready.push(run);
      this.#journal.changed();
    }
    return ready;
  }

  /** Takes in how an activity ended. @param given what it got: if nothing happened since, what it wrote is the job now */
  settle(run: RunInProgress, receipt: RunReceipt, given: JobSnapshot, now: number): void {
    this.outbox.acknowledge(receipt.ackedSeq);
    if (receipt.plan && given.definitionVersion === this.job.definitionVersion) this.timetable.add(receipt.plan);
    // Another run took its place at once; its end is on record.
    if (!this.runs.running.includes(run)) return;
    run.executing = false;
    if (receipt.retryAt !== undefined) {
      Object.assign(run, receipt.summary, { state: 'retrying', via: 'standard', retryAt: receipt.retryAt });
      if (run.replacedBy !== undefined) this.#journal.replaced(run, run.replacedBy, now);
      return;
    }
    const summary = endOf(run, receipt.summary);
    // What came due while the run was under way met it; what comes due later does not.
    this.#occurrences.decideDue(Math.min(now, Date.parse(summary.finishedAt ?? isoTime(now))), true, run);
    const untouched = this.job.revision === given.revision;
    this.runs.end(summary);
    this.#journal.count(summary.state);
    if (receipt.entry) this.outbox.enter(endOf(run, receipt.entry), now, promptSyncMs);
    this.job.revision += untouched ? 1 : 2;
    this.#journal.deriveState();
    const follows = this.#failures.judge(summary, now);
    if (this.exhausted) this.end(closedState(this.job.definition.schedule, summary), 'schedule exhausted', now);
    if (untouched && receipt.recorded) this.outbox.caughtUp();
    else this.outbox.syncWithin(now, promptSyncMs);
    if (follows && !this.closed) this.#follow(follows, now);
  }

  /** The job pauses itself, or its probe said how it goes on. No activity foretold this: the workflow writes it. */
  #follow(verdict: NonNullable<ReturnType<FailureWatch['judge']>>, now: number): void {
    if ('resume' in verdict) this.resume(now);
    else if ('pause' in verdict) {
      this.pause(now, verdict.pause);
      // They would meet the same fault.
      const unasked = this.runs.takeWaiting(({ trigger }) => trigger === 'schedule' || trigger === 'catch_up');
      this.job.counters.started -= unasked.length;
      for (const run of unasked) this.#occurrences.keep(run, now);
    } else if (this.job.pause) {
      this.job.pause.probeAt = verdict.probeAt;
      this.#journal.changed();
    }
    this.outbox.syncWithin(now, promptSyncMs);
  }

  get #probeAt(): string | undefined {
    return this.runs.idle ? this.job.pause?.probeAt : undefined;
  }

  /** A job that paused itself tries whether it works again. */
  probeIfDue(now: number): void {
    const { pause, jobId } = this.job;
    const at = this.#probeAt;
    if (this.closed || !pause || at === undefined || Date.parse(at) > now) return;
    delete pause.probeAt;
    this.runs.waiting.push({ runId: triggeredRunId(jobId, `probe-${at}`), scheduledAt: at, trigger: 'probe' });
    this.#journal.changed();
  }

  /** What was due before is decided by the rules that held until then. A second pause goes on with the first. */
  pause(now: number, { missed, ...pause }: Omit<Pause, 'since' | 'missed'> & { missed?: PausedPolicy }): void {
    this.decidePast(now);
    const before = this.job.pause?.missed;
    const policy = missed ?? before?.policy ?? this.job.definition.whilePaused ?? 'drop';
    this.job.pause = { ...pause, since: isoTime(now), missed: { count: 0, ...before, policy } };
    this.#journal.changed();
  }

  /** @param missed what becomes of occurrences that were due meanwhile, in place of what the pause says */
  resume(now: number, missed?: PausedPolicy): void {
    if (!this.job.pause) return;
    this.decidePast(now);
    const { run, drop } = this.#pauses.release(missed);
    for (const dropped of drop) this.#journal.notRun(dropped, now, 'skipped', 'paused');
    this.job.pause = null;
    this.#failures.forget();
    for (const kept of run) if (!this.#occurrences.atMaximum) this.#occurrences.admit(kept);
    this.#journal.changed();
  }

  /** When the pause ended by itself, ms, if that moment has come. */
  pauseOver(now: number): number | undefined {
    const until = Date.parse(this.job.pause?.until ?? '');
    return !this.closed && until <= now ? until : undefined;
  }

  /** What came due before is decided first, as far as the outbox takes it: it was paused. */
  resumeIfDue(now: number): void {
    const until = this.pauseOver(now);
    if (until === undefined) return;
    this.decidePast(until);
    if (this.outbox.full) return;
    this.resume(until);
    this.outbox.syncWithin(now, promptSyncMs);
  }

  redefine(prepared: PreparedDefinition, now: number, by: string | undefined): void {
    this.decidePast(now);
    this.#occurrences.enterExcluded(now);
    if (this.#occurrences.holding) this.#occurrences.abandon(now, 'skipped', 'paused');
    const { job } = this;
    const { definition, plan } = prepared;
    job.definition = definition;
    job.definitionVersion += 1;
    job.digest = prepared.digest;
    job.words = prepared.words;
    job.definedAt = isoTime(now);
    job.definedBy = by;
    // The new schedule counts from here. `immediate` was due when it was prepared. What a run was woken for is decided.
    const decided = ({ at }: PlanEntry) => this.runs.find(scheduledRunId(job.jobId, Date.parse(at))) !== undefined;
    const ahead = ({ at }: PlanEntry) => Date.parse(at) > now || definition.schedule.immediate;
    const entries = plan.entries.filter((entry) => ahead(entry) && !decided(entry));
    this.timetable.replace({ ...plan, entries }, now);
    if (this.#occurrences.atMaximum) this.timetable.clear();
    this.#journal.changed();
  }

  /** @param again of a run that is tried again: it has that one's nominal time, and replaces none */
  trigger(now: number, runId: string, input: unknown, again?: Pick<WaitingRun, 'scheduledAt' | 'detail'>): void {
    const admission = this.runs.admission(now);
    if (!again && admission.admitted && admission.replaces) this.#occurrences.replacePrevious(runId, now);
    this.runs.waiting.push({ runId, scheduledAt: isoTime(now), trigger: 'manual', input, ...again });
    this.#journal.changed();
  }

  /** A run that waits for its turn will not run. */
  drop(run: WaitingRun, reason: string | undefined, now: number): void {
    const [dropped] = this.runs.takeWaiting((one) => one.runId === run.runId);
    if (dropped) this.#journal.notRun(dropped, now, 'cancelled', 'run_cancelled', reason);
  }

  /** Ends the job. Runs under way are cancelled by the caller and settle afterwards. */
  close(state: Extract<State, 'completed' | 'failed' | 'cancelled'>, reason: string, now: number): void {
    this.decidePast(now);
    const waiting = [...this.runs.takeWaiting(), ...this.#pauses.take()];
    for (const run of waiting) this.#journal.notRun(run, now, 'cancelled', 'job_cancelled');
    this.#occurrences.abandon(now, 'cancelled', 'job_cancelled');
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
