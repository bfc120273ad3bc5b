import { isoTime } from '../ids.js';
import type { Occurrence } from '../schedule/schedule.js';
import type { RunState } from '../states.js';
import type { RerunRule } from './states.js';

/** Nominal times parted into those a backfill runs and those it leaves out, and why. */
export interface Selection {
  run: string[];
  skipped: string[];
  excluded: string[];
}

/** @param last state of the last run that took place, or is taking place, by nominal time */
export function selectTimes(
  occurrences: Occurrence[],
  last: ReadonlyMap<string, RunState>,
  rule: RerunRule,
): Selection {
  const selection: Selection = { run: [], skipped: [], excluded: [] };
  for (const { at, excluded } of occurrences) {
    const time = isoTime(at);
    if (excluded !== undefined) selection.excluded.push(time);
    else if (runs(last.get(time), rule)) selection.run.push(time);
    else selection.skipped.push(time);
  }
  return selection;
}

function runs(last: RunState | undefined, rule: RerunRule): boolean {
  if (rule === 'all' || last === undefined) return true;
  return rule === 'failed' && (last === 'failed' || last === 'timed_out');
}
