import type { PlanEntry, RunTrigger } from './contract.js';
import type { NotRunReason } from './states.js';

/** Later than this, an occurrence has fallen into an outage and the catch-up policy decides. */
export const lateMs = 10_000;
/** Catch-up runs wait in the workflow, one after the other; no more than this many. */
export const catchUpLimit = 1000;

export interface CatchUp {
  policy: 'none' | 'last' | 'all';
  /** Oldest age that is caught up, in ms; undefined: no bound. */
  withinMs: number | undefined;
}

/** What becomes of one due occurrence: it runs, or it does not and why. Overlap is decided later, in order. */
export type Verdict =
  | { entry: PlanEntry; run: Extract<RunTrigger, 'schedule' | 'catch_up'> }
  | { entry: PlanEntry; run: false; state: 'skipped' | 'missed'; reason: NotRunReason };

/**
 * Judges all occurrences due at `now` (ms), oldest first. The simulator and the workflow call this same function.
 * @param due ascending in `at`
 */
export function judgeDue(due: PlanEntry[], now: number, catchUp: CatchUp, paused: boolean): Verdict[] {
  if (paused) return due.map((entry) => ({ entry, run: false, state: 'skipped', reason: 'paused' }));
  const newest = due.at(-1);
  // An entry that is woken early is on time by definition.
  const late = due.filter((entry) => now - Date.parse(entry.at) > lateMs);
  const current = due.slice(late.length).map((entry): Verdict => ({ entry, run: 'schedule' }));
  const eligible = late.filter(({ at }) => catchUp.withinMs === undefined || now - Date.parse(at) <= catchUp.withinMs);
  const dropped = Math.max(0, eligible.length - catchUpLimit);
  const allowed = new Set(eligible.slice(dropped));
  const overflow = new Set(eligible.slice(0, dropped));
  const judged = late.map((entry): Verdict => {
    if (catchUp.policy === 'none') return missed(entry, 'catch_up_none');
    if (overflow.has(entry)) return missed(entry, 'catch_up_limit');
    if (!allowed.has(entry)) return missed(entry, 'catch_up_window');
    if (catchUp.policy === 'last' && entry !== newest) return missed(entry, 'catch_up_last');
    return { entry, run: 'catch_up' };
  });
  return [...judged, ...current];
}

function missed(entry: PlanEntry, reason: NotRunReason): Verdict {
  return { entry, run: false, state: 'missed', reason };
}
