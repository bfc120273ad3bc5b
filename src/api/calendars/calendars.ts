import type { z } from 'zod';
import { CarillonError, show } from '../../core/errors.js';
import { isoTime } from '../../core/ids.js';
import { checkCalendar } from '../../core/schedule/exclusion/calendar.js';
import { calendarOfICalendar } from '../../core/schedule/index.js';
import type { Calendar } from '../../core/schedule/schema.js';
import type { CalendarKey, CalendarRow } from '../../store/store.js';
import type { InnerContext } from '../context.js';
import { decodeCursor, encodeCursor } from '../cursor.js';
import type { calendarDeleteInput, calendarListInput, calendarPutInput, calendarRef } from './inputs.js';
import type { CalendarDetailView, CalendarItemView, CalendarPutView, CalendarView } from './views.js';

type Ref = z.output<typeof calendarRef>;

/** @throws CarillonError CALENDAR_CHANGED, or what is wrong with the rules */
export async function putCalendar(
  { store, replanner, now }: InnerContext,
  { project, name, by, ifRevision, ...content }: z.output<typeof calendarPutInput>,
): Promise<CalendarPutView> {
  const calendar = contentOf(content);
  const written = await store.calendars.put({
    ...{ project, name, calendar, updatedAt: isoTime(now()), updatedBy: by, expectedRevision: ifRevision },
  });
  if (!written) {
    const there = await store.calendars.get(project, name);
    throw changed(name, ifRevision, there?.revision);
  }
  if (written.changed) replanner.calendarChanged(written.row);
  return { ...viewCalendar(written.row), changed: written.changed };
}

/** @throws CarillonError CALENDAR_NOT_FOUND */
export async function readCalendar({ store }: InnerContext, { project, name }: Ref): Promise<CalendarDetailView> {
  const [row, users] = await Promise.all([
    store.calendars.get(project, name),
    store.calendars.users(project, name, { limit: 100 }),
  ]);
  if (!row) throw notFound(project, name);
  return { ...viewCalendar(row), jobs: users.items.map(({ jobId }) => jobId) };
}

export async function listCalendars(
  { store, keyRing }: InnerContext,
  { project, limit, cursor }: z.output<typeof calendarListInput>,
): Promise<{ items: CalendarItemView[]; nextCursor: string | null }> {
  const query = { list: 'calendars', project };
  const after = cursor === undefined ? undefined : decodeCursor<CalendarKey>(keyRing, query, cursor);
  const page = await store.calendars.list(project, { limit, after });
  const items = page.items.map((row) => ({ ...viewCalendar(row), rules: row.calendar.rules.length }));
  return { items, nextCursor: page.next && encodeCursor(keyRing, query, page.next) };
}

/** @throws CarillonError CALENDAR_NOT_FOUND, CALENDAR_IN_USE, CALENDAR_CHANGED */
export async function deleteCalendar(
  { store }: InnerContext,
  { project, name, ifRevision }: z.output<typeof calendarDeleteInput>,
): Promise<{ deleted: true }> {
  const outcome = await store.calendars.delete(project, name, ifRevision);
  if (outcome === 'deleted') return { deleted: true };
  if (outcome === 'absent') throw notFound(project, name);
  if (typeof outcome === 'object') throw changed(name, ifRevision, outcome.revision);
  const users = await store.calendars.users(project, name, { limit: 5 });
  const ids = users.items.map(({ jobId }) => jobId).join(', ');
  throw new CarillonError(
    'CALENDAR_IN_USE',
    `Expected no open job to name calendar ${show(name)}, got ${ids}${users.next ? ' and others' : ''}.`,
    { field: 'name', value: name, hint: 'Give these jobs schedules without it first, or cancel them.' },
  );
}

/** What an iCalendar file says of itself is outranked by what is said beside it. */
function contentOf({ description, timezone, rules, ical }: Partial<Calendar> & { ical?: string }): Calendar {
  const read: Calendar = ical === undefined ? { rules: rules ?? [] } : calendarOfICalendar(ical);
  const calendar = {
    ...read,
    ...(description !== undefined && { description }),
    ...(timezone !== undefined && { timezone }),
  };
  checkCalendar(calendar);
  return calendar;
}

function viewCalendar({ calendar, ...row }: CalendarRow): CalendarView {
  return { ...row, ...calendar };
}

function changed(name: string, expected: number | undefined, revision: number | undefined): CarillonError {
  const wanted = expected === 0 ? 'no calendar' : `revision ${expected} of calendar`;
  return new CarillonError(
    'CALENDAR_CHANGED',
    `Expected ${wanted} ${show(name)}, got ${revision === undefined ? 'none' : `revision ${revision}`}.`,
    { field: 'ifRevision', value: expected, hint: 'Look at the calendar as it is now, and decide again.' },
  );
}

function notFound(project: string, name: string): CarillonError {
  return new CarillonError(
    'CALENDAR_NOT_FOUND',
    `Expected \`name\` to be a calendar of project ${show(project)}, got ${show(name)}.`,
    { field: 'name', value: name, hint: 'List the calendars of the project, and check its name.' },
  );
}
