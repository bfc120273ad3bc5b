import type { JobSnapshot } from '../../core/contract.js';
import { isoTime } from '../../core/ids.js';
import { planFor } from '../../core/prepare.js';
import { type PreviewOptions, previewSchedule, type SchedulePreview } from '../../core/preview.js';
import { isClosed } from '../../core/states.js';

/** The nominal times a job still has ahead of `now` (ms), at most `count`. A paused job has them too. */
export function nextTimes(job: JobSnapshot, count: number, now: number): string[] {
  if (isClosed(job.state)) return [];
  const { maxRuns } = job.definition.schedule;
  const left = maxRuns === undefined ? count : Math.min(count, maxRuns - job.counters.started);
  if (left <= 0) return [];
  return planFor(job.definition, { after: isoTime(now), count: left })
    .entries.filter(({ excluded }) => excluded === undefined)
    .map(({ at }) => at);
}

/** The next times of a job, at most `count`, with what there is to say of them. */
export function previewJob(job: JobSnapshot, options: PreviewOptions): SchedulePreview {
  const { schedule } = job.definition;
  const left = schedule.maxRuns === undefined ? options.count : schedule.maxRuns - job.counters.started;
  const count = isClosed(job.state) ? 0 : Math.min(options.count, left);
  const preview = previewSchedule(schedule, { ...options, count: Math.max(count, 1) });
  return count > 0 ? preview : { ...preview, times: [], local: [], entries: [], notes: [] };
}
