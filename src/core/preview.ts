import { type Explanation, explainSchedule } from './schedule/explain/explain.js';
import { zonedTime } from './schedule/index.js';
import type { NormalSchedule } from './schedule/schema.js';
import { Zone } from './schedule/zone.js';

export type PreviewEntry = Explanation['entries'][number] & {
  /** The time in the schedule's zone, with its offset. */
  local: string;
  /** The time in the viewer's zone, if one was named. */
  viewer?: string;
};

/** What a schedule means, and its next times by the clocks of its own place and of whoever looks. */
export interface SchedulePreview extends Omit<Explanation, 'entries'> {
  timezone: string;
  viewerTimezone?: string;
  /** Nominal times that run, ascending. */
  times: string[];
  /** The same times in `timezone`. */
  local: string[];
  /** Every occurrence, those included that do not run, and why. */
  entries: PreviewEntry[];
}

export interface PreviewOptions {
  /** Occurrences strictly after this instant, in ms since the epoch. */
  after: number;
  /** Occurrences that run, at most. */
  count: number;
  /** Zone of `local`. Default: the schedule's. */
  timezone?: string;
  viewerTimezone?: string;
}

/** @throws CarillonError TIMEZONE_UNKNOWN */
export function previewSchedule(schedule: NormalSchedule, options: PreviewOptions): SchedulePreview {
  const { after, count, timezone = schedule.timezone ?? 'UTC', viewerTimezone } = options;
  Zone.of(timezone, 'timezone');
  if (viewerTimezone !== undefined) Zone.of(viewerTimezone, 'viewerTimezone');
  const { entries: explained, ...rest } = explainSchedule(schedule, { after, count });
  const entries = explained.map((entry): PreviewEntry => {
    const at = Date.parse(entry.at);
    return {
      ...entry,
      local: zonedTime(at, timezone),
      ...(viewerTimezone !== undefined && { viewer: zonedTime(at, viewerTimezone) }),
    };
  });
  const run = entries.filter(({ excluded }) => excluded === undefined);
  return {
    ...rest,
    timezone,
    ...(viewerTimezone !== undefined && { viewerTimezone }),
    times: run.map(({ at }) => at),
    local: run.map(({ local }) => local),
    entries,
  };
}
