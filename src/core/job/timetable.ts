import type { JobCarry, Plan, PlanEntry } from '../contract.js';
import { isoTime } from '../ids.js';

/** The moment an occurrence is to start, ms: its nominal time, unless jitter or a window moved it. */
export function dueTime({ at, effectiveAt }: Pick<PlanEntry, 'at' | 'effectiveAt'>): number {
  return Date.parse(effectiveAt ?? at);
}

function runs({ excluded }: PlanEntry): boolean {
  return excluded === undefined;
}

function moment(entry: PlanEntry, ahead: boolean): number {
  return ahead ? Date.parse(entry.wake) : dueTime(entry);
}

/** A job's planned occurrences and the cursor: the last nominal time decided on. */
export class Timetable {
  constructor(private readonly carry: JobCarry) {}

  /** The next occurrence that runs. */
  get next(): PlanEntry | undefined {
    return this.carry.plan.entries.find(runs);
  }

  /** The next occurrence to wake for. Excluded ones are not, unless nothing else is planned behind them. */
  get nextToWake(): PlanEntry | undefined {
    return this.next ?? this.carry.plan.entries.at(-1);
  }

  /** Nothing is planned, be it that it runs or that it is excluded. */
  get empty(): boolean {
    return this.carry.plan.entries.length === 0;
  }

  /** How many planned occurrences run. */
  get length(): number {
    return this.carry.plan.entries.filter(runs).length;
  }

  /** The next times at which the job runs. */
  upcoming(count: number): string[] {
    return this.carry.plan.entries
      .filter(runs)
      .slice(0, count)
      .map(({ at }) => at);
  }

  /** No occurrence is left, and none will come. */
  get exhausted(): boolean {
    return this.carry.plan.exhausted && this.empty;
  }

  /** The last nominal time planned; planning goes on after it. */
  get plannedUntil(): string {
    return this.carry.plan.entries.at(-1)?.at ?? this.carry.cursor;
  }

  /** Occurrences may have come due that are not in the plan. */
  runsOut(now: number): boolean {
    const last = this.carry.plan.entries.at(-1);
    return !this.carry.plan.exhausted && (last === undefined || Date.parse(last.wake) <= now);
  }

  /** Takes further occurrences in. Two runs may have asked for the same stretch: what is known is passed over. */
  add(plan: Plan): void {
    const known = Date.parse(this.plannedUntil);
    const fresh = plan.entries.filter(({ at }) => Date.parse(at) > known);
    this.carry.plan.entries.push(...fresh);
    if (fresh.length === plan.entries.length) this.carry.plan.exhausted = plan.exhausted;
  }

  /**
   * Removes and returns what is due at `now`, and moves the cursor behind it. Of a plan that runs out the last one that
   * runs stays, until it is known whether it is the last that is due. Excluded occurrences go with the next that runs.
   * @param ahead what is to be woken for counts as due
   */
  takeDue(now: number, ahead: boolean): PlanEntry[] {
    const { entries } = this.carry.plan;
    const later = entries.findIndex((entry) => runs(entry) && moment(entry, ahead) > now);
    const last = (later === -1 ? entries : entries.slice(0, later)).findLastIndex(runs);
    if (later !== -1) return this.#take(last + 1);
    if (this.runsOut(now)) return this.#take(last === -1 ? entries.length : last);
    const over = entries.length > 0 && Date.parse(entries.at(-1)?.at as string) <= now;
    return this.#take(over ? entries.length : last + 1);
  }

  /** Removes and returns the excluded occurrences at the front whose time has passed at `now`. */
  takeExcluded(now: number): PlanEntry[] {
    const { entries } = this.carry.plan;
    const end = entries.findIndex((entry) => runs(entry) || Date.parse(entry.at) > now);
    return this.#take(end === -1 ? entries.length : end);
  }

  /** Removes and returns all whose nominal time has passed at `now`, whether they have started or not. */
  takePassed(now: number): PlanEntry[] {
    const { entries } = this.carry.plan;
    const end = entries.findIndex(({ at }) => Date.parse(at) > now);
    return this.#take(end === -1 ? entries.length : end);
  }

  /** Removes the next occurrence that runs, which is decided. Nothing excluded stands before it any more. */
  takeFirst(): void {
    this.#take(1);
  }

  #take(count: number): PlanEntry[] {
    const taken = this.carry.plan.entries.splice(0, count);
    const last = taken.at(-1);
    if (last) this.carry.cursor = last.at;
    return taken;
  }

  /** The last moment to decide within `ms` after the next one: to decide on several occurrences in one go. */
  wakeWithin(ms: number): string | undefined {
    const { nextToWake: next } = this;
    if (!next) return undefined;
    const horizon = dueTime(next) + ms;
    const last = this.carry.plan.entries.findLast((entry) => runs(entry) && dueTime(entry) <= horizon) ?? next;
    return last.effectiveAt ?? last.at;
  }

  /** Whether an occurrence after `time` was decided on. */
  passed(time: string): boolean {
    return Date.parse(this.carry.cursor) > Date.parse(time);
  }

  /** Begins anew at `now` with another plan. What was due before is decided, or has its nominal time behind it and is kept. */
  replace(plan: Plan, now: number): void {
    const begun = this.takePassed(now);
    this.carry.cursor = isoTime(now);
    this.carry.plan = { ...plan, entries: [...begun, ...plan.entries] };
  }

  clear(): void {
    this.carry.plan = { entries: [], exhausted: true };
  }
}
