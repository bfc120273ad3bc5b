import type { JobCarry, Plan, PlanEntry } from '../contract.js';
import { isoTime } from '../ids.js';

/** A job's planned occurrences and the cursor: the last nominal time decided on. */
export class Timetable {
  constructor(private readonly carry: JobCarry) {}

  get next(): PlanEntry | undefined {
    return this.carry.plan.entries[0];
  }

  /** No occurrence is left, and none will come. */
  get exhausted(): boolean {
    return this.carry.plan.exhausted && this.next === undefined;
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
   * Removes and returns what is due at `now`, and moves the cursor behind it. The last of a plan that runs out stays,
   * until it is known whether it is the last that is due.
   * @param ahead what is to be woken for counts as due
   */
  takeDue(now: number, ahead: boolean): PlanEntry[] {
    const { entries } = this.carry.plan;
    const later = entries.findIndex(({ at, wake }) => Date.parse(ahead ? wake : at) > now);
    const due = entries.splice(0, later !== -1 ? later : this.runsOut(now) ? entries.length - 1 : entries.length);
    const last = due.at(-1);
    if (last) this.carry.cursor = last.at;
    return due;
  }

  /** Removes the next occurrence, which is decided. */
  takeFirst(): void {
    const first = this.carry.plan.entries.shift();
    if (first) this.carry.cursor = first.at;
  }

  /** The last moment to wake within `ms` after the next one: to decide on several occurrences in one go. */
  wakeWithin(ms: number): string | undefined {
    const { next } = this;
    if (!next) return undefined;
    const horizon = Date.parse(next.at) + ms;
    return this.carry.plan.entries.findLast(({ at }) => Date.parse(at) <= horizon)?.at;
  }

  /** Whether an occurrence after `time` was decided on. */
  passed(time: string): boolean {
    return Date.parse(this.carry.cursor) > Date.parse(time);
  }

  /** Begins anew at `now` with another plan. What was due before is decided. */
  replace(plan: Plan, now: number): void {
    this.carry.cursor = isoTime(now);
    this.carry.plan = plan;
  }

  clear(): void {
    this.carry.plan = { entries: [], exhausted: true };
  }
}
