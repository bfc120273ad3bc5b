import type {
  JobCarry,
  JobSnapshot,
  JobStatus,
  LedgerEntry,
  Plan,
  PreparedDefinition,
  RunError,
  RunInProgress,
  RunReceipt,
  RunSummary,
  RunTrigger,
  WaitingRun,
} from '../core/contract.js';
import { type CatchUp, judgeDue } from '../core/due.js';
import { durationMs } from '../core/duration.js';
import { isoTime, scheduledRunId } from '../core/ids.js';
import { closedState, countOutcome, isOnce } from '../core/projection.js';
import { isClosed, type JobState as State } from '../core/states.js';

const recentRuns = 20;
const recentCommands = 50;
/** An occurrence that did not run reaches the ledger within this time, or earlier beside the next run. */
const syncDelayMs = 60_000;
/** What a command by hand changed is written by the workflow itself, after a moment for further commands. */
export const promptSyncMs = 1000;
/** Entries that ride along with a run; the rest waits for a sync. */
export const ridingEntries = 50;
/** Runs of one job at the same time, whatever its overlap policy. */
const concurrencyLimit = 100;

/**
 * A job's state and every rule that changes it. Plain: no timers, no activities, no clock (`now` comes in, ms).
 * The workflow drives it; queries read it; continue-as-new carries {@link carry}.
 */
export class JobState {
  /** A sync activity is under way; its end decides whether another follows. */
  syncing = false;

  constructor(readonly carry: JobCarry) {}

  get job(): JobCarry['job'] {
    return this.carry.job;
  }

  get closed(): boolean {
    return isClosed(this.job.state);
  }

  /** Closed, and nothing under way or unwritten. */
  get finished(): boolean {
    return this.closed && this.carry.running.length === 0 && this.carry.syncBy === null;
  }

  snapshot(): JobSnapshot {
    const idle = this.closed || this.job.pause !== null;
    return {
      ...this.job,
      nextRunAt: idle ? null : (this.carry.plan.entries[0]?.at ?? null),
      running: this.carry.running.length,
      lastRun: this.carry.recent[0] ?? null,
    };
  }

  status(): JobStatus {
    const { job, carry } = this;
    return {
      project: job.project,
      jobId: job.jobId,
      state: job.state,
      revision: job.revision,
      nextTimes: this.closed ? [] : carry.plan.entries.slice(0, 5).map(({ at }) => at),
      running: carry.running.map(summaryOf),
      recent: carry.recent,
      counters: job.counters,
      pause: job.pause,
      outbox: carry.outbox.length,
      lastRefusal: carry.lastRefusal,
    };
  }

  /** A change of the workflow's own: one revision on, and the state that follows from the parts. */
  private changed(): void {
    this.job.revision += 2;
    this.settleState();
  }

  private settleState(): void {
    if (this.closed) return;
    if (this.job.pause) this.job.state = 'paused';
    else this.job.state = this.carry.running.length > 0 ? 'running' : 'scheduled';
  }

  // --- time -----------------------------------------------------------------------------------------------------

  /** A paused job with a single occurrence keeps it until it is resumed; it would be lost otherwise. */
  private get holding(): boolean {
    return this.job.pause !== null && isOnce(this.job.definition.schedule);
  }

  /** Occurrences have come due that are not in the plan, or the plan is empty. */
  needsPlan(now: number): boolean {
    const { entries, exhausted } = this.carry.plan;
    if (exhausted || this.closed) return false;
    const last = entries.at(-1);
    return last === undefined || Date.parse(last.wake) <= now;
  }

  addPlan(plan: Plan): void {
    const known = Date.parse(this.carry.plan.entries.at(-1)?.at ?? this.carry.cursor);
    // Two runs may have asked for the same stretch, or a new schedule may have come in between.
    const fresh = plan.entries.filter(({ at }) => Date.parse(at) > known);
    this.carry.plan.entries.push(...fresh);
    if (fresh.length === plan.entries.length || plan.exhausted) this.carry.plan.exhausted = plan.exhausted;
  }

  /** The last nominal time planned; planning goes on after it. */
  get plannedUntil(): string {
    return this.carry.plan.entries.at(-1)?.at ?? this.carry.cursor;
  }

  /** Decides on every occurrence due at `now`: it waits to run, or is entered as not run. */
  decideDue(now: number): void {
    if (this.closed || this.holding) return;
    const { plan } = this.carry;
    const count = plan.entries.findIndex(({ wake }) => Date.parse(wake) > now);
    const due = plan.entries.splice(0, count === -1 ? plan.entries.length : count);
    if (due.length === 0) return;
    const overlapped = this.blocked && this.job.pause === null;
    this.carry.cursor = (due.at(-1) as { at: string }).at;
    for (const verdict of judgeDue(due, now, this.catchUp, this.job.pause !== null)) {
      const { at } = verdict.entry;
      const run: WaitingRun = { runId: scheduledRunId(this.job.jobId, Date.parse(at)), scheduledAt: at, trigger: 'schedule' };
      if (overlapped) this.notRun(run, now, 'skipped', 'overlap');
      else if (!verdict.run) this.notRun(run, now, verdict.state, verdict.reason);
      else if (verdict.run === 'catch_up') this.carry.waiting.push({ ...run, trigger: 'catch_up' });
      else if (this.admits()) this.carry.waiting.push(run);
      else this.notRun(run, now, 'skipped', 'overlap');
    }
  }

  private get catchUp(): CatchUp {
    const { policy, within } = this.job.definition.catchUp;
    return { policy, withinMs: within === undefined ? undefined : durationMs(within) };
  }

  /** Whether the overlap policy lets one more run in, now or after the one under way. */
  admits(): boolean {
    const { running, waiting } = this.carry;
    if (this.job.definition.overlap === 'allow') return running.length + waiting.length < concurrencyLimit;
    if (running.length + waiting.length === 0) return true;
    return this.job.definition.overlap === 'buffer_one' && !waiting.some(({ trigger }) => trigger !== 'catch_up');
  }

  /** Runs that start at `now`: retries whose wait is over, and waiting runs the overlap policy lets go. */
  takeReady(now: number): RunInProgress[] {
    const { running, waiting } = this.carry;
    const ready = running.filter((run) => !run.executing && Date.parse(run.retryAt ?? run.scheduledAt) <= now);
    while (waiting.length > 0 && this.mayStart(waiting[0] as WaitingRun)) {
      const next = waiting.shift() as WaitingRun;
      if (next.trigger !== 'manual') this.countStart();
      const run: RunInProgress = {
        ...next,
        state: 'queued',
        attempt: 0,
        via: this.job.definition.lane,
        executing: false,
      };
      running.push(run);
      ready.push(run);
      this.changed();
    }
    return ready;
  }

  private mayStart(next: WaitingRun): boolean {
    const { running } = this.carry;
    if (running.length === 0) return true;
    // Catch-up runs go one after another: an outage must not end in a burst.
    return this.job.definition.overlap === 'allow' && next.trigger !== 'catch_up' && running.length < concurrencyLimit;
  }

  private countStart(): void {
    this.job.counters.started += 1;
    const { maxRuns } = this.job.definition.schedule;
    if (maxRuns !== undefined && this.job.counters.started >= maxRuns) {
      this.carry.plan = { entries: [], exhausted: true };
      this.carry.waiting = this.carry.waiting.filter(({ trigger }) => trigger === 'manual');
    }
  }

  /** Whether a run that starts now is the last thing the job does, as far as the plan tells. */
  get isLast(): boolean {
    const { plan, waiting, running } = this.carry;
    return plan.entries.length === 0 && waiting.length === 0 && running.length === 1;
  }

  /** Something can be done at once. */
  hasWork(now: number): boolean {
    const [next] = this.carry.waiting;
    return this.needsPlan(now) || this.exhausted || (next !== undefined && this.mayStart(next));
  }

  /** When to look again, in ms; undefined: only a command or a run's end changes anything. */
  nextWake(): number | undefined {
    const { carry, job } = this;
    const moments: (string | null | undefined)[] = [this.syncing ? null : carry.syncBy, job.pause?.until];
    if (!this.closed && !this.holding) moments.push(this.nextDecision());
    for (const run of carry.running) if (!run.executing) moments.push(run.retryAt);
    const times = moments.filter((moment) => typeof moment === 'string').map((moment) => Date.parse(moment));
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  /**
   * The next occurrence; while none can run (paused, or a long run has turned one away already) those of the
   * following minute are decided in one go.
   */
  private nextDecision(): string | undefined {
    const { entries } = this.carry.plan;
    const first = entries[0];
    if (!first || !this.blocked) return first?.wake;
    const horizon = Date.parse(first.wake) + syncDelayMs;
    return entries.findLast(({ wake }) => Date.parse(wake) <= horizon)?.wake;
  }

  private get blocked(): boolean {
    const [run] = this.carry.running;
    if (this.job.pause) return true;
    return run !== undefined && this.job.definition.overlap === 'skip' && Date.parse(this.carry.cursor) > Date.parse(run.scheduledAt);
  }

  // --- runs -----------------------------------------------------------------------------------------------------

  /**
   * Takes in how an activity of a run ended.
   * @param foretold revision of the snapshot the activity got; when nothing else happened since, what it wrote is
   * exactly what the job is now, and nothing needs to be written
   */
  settle(run: RunInProgress, receipt: RunReceipt, foretold: number, now: number): void {
    this.acknowledge(receipt.ackedSeq);
    if (receipt.plan) this.addPlan(receipt.plan);
    run.executing = false;
    if (receipt.retryAt !== undefined) {
      Object.assign(run, receipt.summary, { state: 'retrying', via: 'standard', retryAt: receipt.retryAt });
      return;
    }
    // What came due while the run was under way met it; what comes due later does not.
    this.decideDue(Math.min(now, Date.parse(receipt.summary.finishedAt ?? isoTime(now))));
    const untouched = this.job.revision === foretold;
    this.carry.running = this.carry.running.filter(({ runId }) => runId !== run.runId);
    this.remember(receipt.summary);
    this.job.counters = countOutcome(this.job.counters, receipt.summary.state);
    if (receipt.entry) this.enter(receipt.entry, now + promptSyncMs);
    this.job.revision += untouched ? 1 : 2;
    this.settleState();
    if (this.exhausted) this.end(closedState(this.job.definition.schedule, receipt.summary), 'schedule exhausted', now);
    if (untouched && receipt.recorded) this.synced(this.job.revision);
    else this.syncWithin(now, promptSyncMs);
  }

  private notRun(run: WaitingRun, now: number, state: 'skipped' | 'missed' | 'cancelled', reason: RunSummary['reason']): void {
    const { input, ...rest } = run;
    const summary: RunSummary = { ...rest, state, attempt: 0, reason, finishedAt: isoTime(now) };
    this.remember(summary);
    this.job.counters = countOutcome(this.job.counters, state);
    this.enter({ ...summary, definitionVersion: this.job.definitionVersion, input }, now + syncDelayMs);
    this.changed();
  }

  private remember(summary: RunSummary): void {
    this.carry.recent.unshift(summary);
    this.carry.recent.length = Math.min(this.carry.recent.length, recentRuns);
  }

  private enter(entry: LedgerEntry, syncBy: number): void {
    this.carry.outbox.push({ ...entry, seq: this.carry.nextSeq++ });
    this.syncBefore(syncBy);
  }

  // --- ledger ---------------------------------------------------------------------------------------------------

  syncWithin(now: number, delayMs: number): void {
    this.syncBefore(now + delayMs);
  }

  private syncBefore(moment: number): void {
    if (this.carry.syncBy === null || Date.parse(this.carry.syncBy) > moment) this.carry.syncBy = isoTime(moment);
  }

  acknowledge(seq: number): void {
    this.carry.outbox = this.carry.outbox.filter((entry) => entry.seq > seq);
  }

  /** The database has this revision and everything up to it. */
  synced(revision: number): void {
    if (this.carry.outbox.length === 0 && revision === this.job.revision) this.carry.syncBy = null;
  }

  // --- commands -------------------------------------------------------------------------------------------------

  /** Whether a command of this id, or a trigger of this key, came before. Remembers it. */
  seen(id: string): boolean {
    if (this.carry.recentCommands.includes(id)) return true;
    this.carry.recentCommands.push(id);
    if (this.carry.recentCommands.length > recentCommands) this.carry.recentCommands.shift();
    return false;
  }

  pause(now: number, pause: { note?: string; by?: string; until?: string }): void {
    this.job.pause = { ...pause, since: isoTime(now) };
    this.changed();
  }

  resume(): void {
    this.job.pause = null;
    this.changed();
  }

  resumeIfDue(now: number): boolean {
    const until = this.job.pause?.until;
    if (this.closed || until === undefined || Date.parse(until) > now) return false;
    this.resume();
    this.syncWithin(now, promptSyncMs);
    return true;
  }

  redefine(prepared: PreparedDefinition, now: number, by: string | undefined): void {
    const { job, carry } = this;
    job.definition = prepared.definition;
    job.definitionVersion += 1;
    job.digest = prepared.digest;
    job.words = prepared.words;
    job.definedAt = isoTime(now);
    job.definedBy = by;
    // What was due until now is decided; the new schedule counts from here.
    carry.cursor = isoTime(now);
    carry.plan = { ...prepared.plan, entries: prepared.plan.entries.filter(({ at }) => Date.parse(at) > now || isOnce(job.definition.schedule)) };
    const { maxRuns } = prepared.definition.schedule;
    if (maxRuns !== undefined && job.counters.started >= maxRuns) carry.plan = { entries: [], exhausted: true };
    this.changed();
  }

  trigger(now: number, runId: string, input: unknown): WaitingRun {
    const run: WaitingRun = { runId, scheduledAt: isoTime(now), trigger: 'manual' satisfies RunTrigger, input };
    this.carry.waiting.push(run);
    this.changed();
    return run;
  }

  /** What is known of a run, for a repeated trigger. */
  find(runId: string): RunSummary | undefined {
    const running = this.carry.running.find((run) => run.runId === runId);
    const known = running ? summaryOf(running) : this.carry.recent.find((run) => run.runId === runId);
    if (known) return known;
    const waiting = this.carry.waiting.find((run) => run.runId === runId);
    return waiting && { ...waiting, state: 'queued', attempt: 0 };
  }

  /** Ends the job. Runs under way are cancelled by the caller and settle afterwards. */
  close(state: Extract<State, 'completed' | 'failed' | 'cancelled'>, reason: string, now: number): void {
    for (const run of this.carry.waiting) this.notRun(run, now, 'cancelled', 'job_cancelled');
    this.carry.waiting = [];
    this.carry.plan = { entries: [], exhausted: true };
    if (this.carry.outbox.length > 0) this.syncWithin(now, 0);
    this.job.revision += 2;
    this.end(state, reason, now);
  }

  /** Ends the job when its schedule has nothing left and no run's end has said so already. */
  closeIfExhausted(now: number): void {
    if (!this.exhausted) return;
    this.job.revision += 2;
    this.end(closedState(this.job.definition.schedule, this.carry.recent[0] ?? null), 'schedule exhausted', now);
    this.syncWithin(now, 0);
  }

  private get exhausted(): boolean {
    const { plan, running, waiting } = this.carry;
    return !this.closed && plan.exhausted && plan.entries.length + running.length + waiting.length === 0;
  }

  private end(state: State, reason: string, now: number): void {
    const closedAt = this.carry.recent[0]?.finishedAt ?? isoTime(now);
    Object.assign(this.job, { state, pause: null, closedAt, closeReason: reason });
  }

  refused(error: RunError): void {
    this.carry.lastRefusal = error;
  }
}

function summaryOf({ input, via, retryAt, executing, ...summary }: RunInProgress): RunSummary {
  return summary;
}
