import type { PlanEntry, RunTrigger, WaitingRun } from '../contract.js';
import type { Definition, Lane } from '../definition.js';
import { isOnce } from '../projection.js';
import type { NotRunReason } from '../states.js';
import { dueTime } from './timetable.js';

/** Later than this, an occurrence has fallen into an outage and the catch-up policy decides. */
export const lateMs = 10_000;
/**
 * A light run this late is given to the standard lane. Its workflow task may be lost with it and judged anew, later:
 * the run must not have been executed then if the catch-up policy no longer wants it.
 */
const lightLateMs = 5000;

export interface CatchUp {
  policy: 'none' | 'last' | 'all';
  /** Oldest age that is caught up, in ms; undefined: no bound. */
  withinMs: number | undefined;
}

/** What becomes of one due occurrence: it runs, or it does not and why. Overlap is decided after this. */
export type Verdict =
  | { entry: PlanEntry; run: Extract<RunTrigger, 'schedule' | 'catch_up'> }
  | { entry: PlanEntry; run: false; state: 'skipped' | 'missed'; reason: NotRunReason };

/**
 * Judges occurrences due at `now` (ms), oldest first. The simulator and the workflow call this same function.
 * @param due ascending in `at`
 * @param more whether further ones, later than these, are due too
 */
export function judgeDue(due: PlanEntry[], now: number, catchUp: CatchUp, paused: boolean, more = false): Verdict[] {
  const newest = more ? undefined : due.findLast(({ excluded }) => excluded === undefined);
  return due.map((entry): Verdict => {
    if (entry.excluded !== undefined) return { entry, run: false, state: 'skipped', reason: 'excluded' };
    if (paused) return { entry, run: false, state: 'skipped', reason: 'paused' };
    // An entry that is woken early is on time by definition.
    const age = now - dueTime(entry);
    if (age <= lateMs) return { entry, run: 'schedule' };
    if (catchUp.policy === 'none') return missed(entry, 'catch_up_none');
    if (catchUp.withinMs !== undefined && age > catchUp.withinMs) return missed(entry, 'catch_up_window');
    if (catchUp.policy === 'last' && entry !== newest) return missed(entry, 'catch_up_last');
    return { entry, run: 'catch_up' };
  });
}

function missed(entry: PlanEntry, reason: NotRunReason): Verdict {
  return { entry, run: false, state: 'missed', reason };
}

/** The lane a run starts in at `now` (ms): the definition's, unless it is too late for the light one. */
export function laneOf(run: WaitingRun, { lane, schedule }: Definition, now: number): Lane {
  const { trigger, scheduledAt: at, effectiveAt } = run;
  const byHand = trigger === 'manual' || trigger === 'probe';
  const light = byHand || isOnce(schedule) || now - dueTime({ at, effectiveAt }) <= lightLateMs;
  return lane === 'light' && !light ? 'standard' : lane;
}
