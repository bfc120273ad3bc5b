import type { JobSnapshot } from '../../core/contract.js';
import { isoTime } from '../../core/ids.js';
import { planFor } from '../../core/prepare.js';
import { zonedTime } from '../../core/schedule/index.js';
import { isClosed } from '../../core/states.js';
import type { TimesView } from '../views.js';

/** The nominal times a job still has ahead of `now` (ms), at most `count`. A paused job has them too. */
export function nextTimes(job: JobSnapshot, count: number, now: number): string[] {
  if (isClosed(job.state)) return [];
  const { maxRuns } = job.definition.schedule;
  const left = maxRuns === undefined ? count : Math.min(count, maxRuns - job.counters.started);
  if (left <= 0) return [];
  return planFor(job.definition, { after: isoTime(now), count: left }).entries.map(({ at }) => at);
}

export function viewTimes(words: string, times: string[], timezone: string): TimesView {
  return { words, times, local: times.map((time) => zonedTime(Date.parse(time), timezone)), timezone };
}
