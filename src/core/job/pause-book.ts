import type { JobCarry, WaitingRun } from '../contract.js';
import type { PausedPolicy } from '../definition.js';

/** Occurrences a paused job keeps, at most. */
const keptLimit = 1000;

/** What came due while a job is paused: counted, and kept as far as its policy says. */
export class PauseBook {
  constructor(private readonly carry: JobCarry) {}

  get kept(): WaitingRun[] {
    this.carry.kept ??= [];
    return this.carry.kept;
  }

  get empty(): boolean {
    return (this.carry.kept?.length ?? 0) === 0;
  }

  /** The rule that holds for this pause; that of a job or a pause of an older version is `drop`. */
  private get policy(): PausedPolicy {
    const { pause, definition } = this.carry.job;
    return pause?.missed?.policy ?? definition.whilePaused ?? 'drop';
  }

  /** Counts an occurrence that came due. @returns those that will not run because of it, itself perhaps */
  keep(run: WaitingRun): WaitingRun[] {
    const { pause } = this.carry.job;
    const { count = 0, first = run.scheduledAt } = pause?.missed ?? {};
    const { policy } = this;
    if (pause) pause.missed = { policy, count: count + 1, first, last: run.scheduledAt };
    if (policy === 'drop' || (policy === 'all' && this.kept.length >= keptLimit)) return [run];
    const displaced = policy === 'last' ? this.kept.splice(0) : [];
    this.kept.push(run);
    return displaced;
  }

  /** The pause ends: what is to run now, and what is not. @param policy in place of the pause's own */
  release(policy: PausedPolicy = this.policy): { run: WaitingRun[]; drop: WaitingRun[] } {
    const kept = this.take();
    const from = { drop: kept.length, last: Math.max(0, kept.length - 1), all: 0 }[policy];
    const run = kept.slice(from).map((one): WaitingRun => ({ ...one, trigger: 'catch_up', holdUntil: undefined }));
    return { run, drop: kept.slice(0, from) };
  }

  take(): WaitingRun[] {
    const { kept = [] } = this.carry;
    delete this.carry.kept;
    return kept;
  }
}
