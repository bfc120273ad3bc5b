import { seedOf } from '../core/ids.js';
import { calendarNames } from '../core/schedule/exclusion/calendar.js';
import type { Resolved } from '../core/schedule/schema.js';
import type { CalendarStore } from './calendars.js';

/**
 * What a schedule of a job depends on beside itself: its seed, and the calendars it names as they are now. One that does
 * not exist is left out: whoever reads the schedule refuses it, with the field's path.
 * @param schedule as someone wrote it, not yet checked
 * @throws CarillonError STORE_UNAVAILABLE, if it names a calendar
 */
export async function resolveSchedule(
  { calendars }: { calendars: Pick<CalendarStore, 'getMany'> },
  { project, jobId }: { project: string; jobId: string },
  schedule: unknown,
): Promise<Resolved> {
  const seed = seedOf(project, jobId);
  const names = calendarNames(schedule);
  if (names.length === 0) return { seed };
  const rows = await calendars.getMany(project, names);
  return {
    seed,
    calendars: Object.fromEntries(rows.map(({ name, calendar, revision }) => [name, { ...calendar, revision }])),
  };
}
