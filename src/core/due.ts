import type { PlanEntry, RunTrigger } from './contract.js';
import type { NotRunReason } from './states.js';

/** Later than this, an occurrence has fallen into an outage and the catch-up policy decides. */
export const lateMs = 10_000;
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
  if (paused) return due.map((entry) => ({ entry, run: false, state: 'skipped', reason: 'paused' }));
  return due.map((entry, index): Verdict => {
    // An entry that is woken early is on time by definition.
    const age = now - Date.parse(entry.at);
    if (age <= lateMs) return { entry, run: 'schedule' };
    if (catchUp.policy === 'none') return missed(entry, 'catch_up_none');
    if (catchUp.withinMs !== undefined && age > catchUp.withinMs) return missed(entry, 'catch_up_window');
    const newest = index === due.length - 1 && !more;
    if (catchUp.policy === 'last' && !newest) return missed(entry, 'catch_up_last');
    return { entry, run: 'catch_up' };
  });
}

function missed(entry: PlanEntry, reason: NotRunReason): Verdict {
  return { entry, run: false, state: 'missed', reason };
}
