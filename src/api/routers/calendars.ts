import { deleteCalendar, listCalendars, putCalendar, readCalendar } from '../calendars/calendars.js';
import { calendarDeleteInput, calendarListInput, calendarPutInput, calendarRef } from '../calendars/inputs.js';
import { calendarDeletedView, calendarDetailView, calendarPage, calendarPutView } from '../calendars/views.js';
import { procedure, router } from '../trpc.js';

export const calendarsRouter = router({
  put: procedure
    .meta({
      summary: 'Create or replace a calendar, by rules or iCalendar text; jobs that name it are planned anew.',
      rest: { method: 'PUT', path: '/calendars/{name}' },
    })
    .input(calendarPutInput)
    .output(calendarPutView)
    .mutation(({ ctx, input }) => putCalendar(ctx, input)),

  get: procedure
    .meta({ summary: 'A calendar, and the jobs that name it.', rest: { method: 'GET', path: '/calendars/{name}' } })
    .input(calendarRef)
    .output(calendarDetailView)
    .query(({ ctx, input }) => readCalendar(ctx, input)),

  list: procedure
    .meta({ summary: 'The calendars of a project, by name.', rest: { method: 'GET', path: '/calendars' } })
    .input(calendarListInput)
    .output(calendarPage)
    .query(({ ctx, input }) => listCalendars(ctx, input)),

  delete: procedure
    .meta({
      summary: 'Delete a calendar that no open job names.',
      rest: { method: 'DELETE', path: '/calendars/{name}', status: 204 },
    })
    .input(calendarDeleteInput)
    .output(calendarDeletedView)
    .mutation(({ ctx, input }) => deleteCalendar(ctx, input)),
});
