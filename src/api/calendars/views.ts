import { z } from 'zod';
import { calendarSchema } from '../../core/schedule/schema.js';
import { nextCursor, time } from '../views.js';

const standing = {
  project: z.string().describe('Project of the calendar.'),
  name: z.string().describe('Name, unique in the project.'),
  revision: z.number().describe('1 at first, one more with every change.'),
  description: calendarSchema.shape.description.describe('What it is for.'),
  timezone: calendarSchema.shape.timezone,
  updatedAt: time.describe('When this revision came.'),
  updatedBy: z.string().optional().describe('Who gave it.'),
};

export const calendarView = z.object({
  ...standing,
  rules: calendarSchema.shape.rules.describe('Days and hours the calendar takes out.'),
});
export type CalendarView = z.output<typeof calendarView>;

export const calendarDetailView = calendarView.extend({
  jobs: z.array(z.string()).describe('Ids of open jobs that name it, the first 100.'),
});
export type CalendarDetailView = z.output<typeof calendarDetailView>;

export const calendarPutView = calendarView.extend({
  changed: z
    .boolean()
    .describe('False: it was so already. True: open jobs that name it are being planned anew, in the background.'),
});
export type CalendarPutView = z.output<typeof calendarPutView>;

export const calendarItemView = z.object({ ...standing, rules: z.number().describe('How many rules it has.') });
export type CalendarItemView = z.output<typeof calendarItemView>;
export const calendarPage = z.object({
  items: z.array(calendarItemView).describe('The calendars of this page.'),
  nextCursor,
});

export const calendarDeletedView = z.object({ deleted: z.literal(true).describe('It is gone.') });
