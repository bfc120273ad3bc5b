import { z } from 'zod';
import { projectName } from '../../core/definition.js';
import { calendarName, calendarSchema } from '../../core/schedule/schema.js';
import { by, cursor, limit, maximumVersion } from '../inputs.js';

export const calendarRef = z.strictObject({
  project: projectName.default('default'),
  name: calendarName.describe('Name of the calendar, unique in its project.'),
});

export const calendarPutInput = calendarRef
  .extend({
    description: calendarSchema.shape.description.describe('What it is for.'),
    timezone: calendarSchema.shape.timezone,
    rules: calendarSchema.shape.rules.optional().describe('Days and hours the calendar takes out.'),
    ical: z
      .string()
      .max(900_000)
      .optional()
      .describe('In place of `rules`: text of an iCalendar file (*.ics), whose events of whole days are taken.'),
    ifRevision: z
      .number()
      .int()
      .min(0)
      .max(maximumVersion)
      .optional()
      .describe('Only over this revision; 0: only if there is none. Else CALENDAR_CHANGED.'),
    by,
  })
  .superRefine(({ rules, ical }, context) => {
    if ((rules === undefined) !== (ical === undefined)) return;
    const got = rules === undefined ? 'neither' : 'both';
    context.addIssue({ code: 'custom', path: ['rules'], message: `Expected \`rules\` or \`ical\`, got ${got}.` });
  });

export const calendarDeleteInput = calendarRef.extend({
  ifRevision: z
    .number()
    .int()
    .min(1)
    .max(maximumVersion)
    .optional()
    .describe('Only this revision; else CALENDAR_CHANGED.'),
});

export const calendarListInput = z.strictObject({ project: projectName.default('default'), limit, cursor });
