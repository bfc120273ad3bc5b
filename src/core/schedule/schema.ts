import { z } from 'zod';
import { duration } from '../fields.js';

const time = z.string().max(100);
const cron = z
  .string()
  .max(500)
  .describe('Cron expression of 5 fields, 6 (seconds first) or 7 (year last), or a preset such as @daily.');
const and = z
  .literal(true)
  .describe('For `cron`: a day must match day of month and day of week, where cron takes either.');
const every = duration(
  'At a fixed interval from `anchor`: 10s, 1h30m, PT5M, P1D (calendar days and months in `timezone`).',
);
const anchor = time.describe('For `every` and `rrule`: an occurrence to count from. Default: the moment of creation.');
const rrule = z.string().max(2000).describe('RFC 5545 recurrence rule: FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=17;BYMINUTE=0.');
const timezone = z.string().max(100).describe('IANA zone in which local times are read. Default UTC.');
const at = z
  .union([time, z.array(time).min(1).max(1000)])
  .describe('At this time or these: ISO 8601 with offset, or local times read in `timezone`.');

/** A part of a union, or something to exclude: one of at, every, cron, rrule. */
export const sourceSchema = z
  .strictObject({
    at: at.optional(),
    every: every.optional(),
    cron: cron.optional(),
    rrule: rrule.optional(),
    and: and.optional(),
    anchor: anchor.optional(),
    timezone: timezone.optional(),
  })
  .superRefine((source, context) => checkKinds(source, ['at', 'every', 'cron', 'rrule'], context));
export type Source = z.infer<typeof sourceSchema>;

const day = z.string().regex(/^\d{4}-\d\d-\d\d$/, 'Expected a date such as 2026-12-25.');

const ruleName = z.string().max(200).optional().describe('What it is called, for people: Christmas Day.');

/** Days or hours that a calendar takes out, in the calendar's zone (default: the schedule's). */
export const calendarRuleSchema = z.union([
  z.strictObject({ date: day.describe('One local day.'), name: ruleName }),
  z.strictObject({
    from: day.describe('First local day.'),
    to: day.describe('Last local day (inclusive).'),
    name: ruleName,
  }),
  z.strictObject({
    yearly: z
      .string()
      .regex(/^\d\d-\d\d$/, 'Expected month and day such as 12-25.')
      .describe('The same day of each year.'),
    name: ruleName,
  }),
  z.strictObject({
    weekly: z.string().max(100).describe('Days of the week, all day or between hours: SAT,SUN or MON-FRI 18:00-08:00.'),
    name: ruleName,
  }),
]);
export type CalendarRule = z.infer<typeof calendarRuleSchema>;

/** Most rules of one calendar. */
export const maximumRules = 2000;

/** A named set of days and hours, shared in a project. */
export const calendarSchema = z.strictObject({
  description: z.string().max(1000).optional(),
  timezone: timezone.optional(),
  rules: z.array(calendarRuleSchema).max(maximumRules),
});
export type Calendar = z.infer<typeof calendarSchema>;

export const calendarName = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9])?$/, 'Expected 1-100 lower-case letters, digits, dots or dashes.');

const exclusionForms = 'calendar, date, from and to, yearly, weekly, at, every, cron or rrule';
const exclusionSchema = z.union(
  [
    z.strictObject({ calendar: calendarName.describe('Name of a calendar of the project.') }),
    ...calendarRuleSchema.options,
    sourceSchema,
  ],
  { error: (issue) => exclusionFault(issue as ExclusionFault) },
);
export type Exclusion = z.infer<typeof exclusionSchema>;

export const dstSchema = z.strictObject({
  gap: z
    .enum(['skip', 'shift', 'before'])
    .default('shift')
    .describe(
      'A local time that a gap swallows: does not run, moves forward by the length of the gap, or runs in the last instant before the gap.',
    ),
  overlap: z
    .enum(['first', 'last', 'both'])
    .default('first')
    .describe('A local time that occurs twice: runs at the first, the last, or both.'),
});
export type Dst = z.infer<typeof dstSchema>;

/**
 * When a job runs: exactly one of `immediate`, `at`, `every`, `cron`, `rrule` or `union`, and what bounds and bends it.
 * Times are ISO 8601 with an offset, or local times read in `timezone`.
 */
export const scheduleSchema = z
  .strictObject({
    immediate: z.literal(true).optional().describe('Run once, now.'),
    at: at.optional(),
    every: every.optional(),
    cron: cron.optional(),
    rrule: rrule.optional(),
    union: z
      .array(sourceSchema)
      .min(1)
      .max(50)
      .optional()
      .describe('Whenever one of these is due; once, if several are.'),
    and: and.optional(),
    anchor: anchor.optional(),
    timezone: timezone.optional(),
    dst: dstSchema.optional().describe('What becomes of local times in the hours when the clock is changed.'),
    exclude: z
      .array(exclusionSchema)
      .max(50)
      .optional()
      .describe('Occurrences that fall into one of these do not run.'),
    onExcluded: z
      .enum(['skip', 'next_working', 'previous_working'])
      .optional()
      .describe(
        'An excluded occurrence does not run, or moves to the same time of the next or previous day that is not excluded. Default skip.',
      ),
    start: time.optional().describe('No occurrence before this time (inclusive).'),
    end: time.optional().describe('No occurrence after this time (inclusive).'),
    maxRuns: z
      .number()
      .int()
      .min(1)
      .max(1_000_000_000)
      .optional()
      .describe('The job completes after this many scheduled runs.'),
    jitter: z
      .string()
      .max(50)
      .optional()
      .describe(
        'Each run starts later by up to so much: a duration (30s) or a share of the time to the next (10%). The same run always by the same.',
      ),
    window: duration(
      'Flexible window: the job starts anywhere in this time after its due time, always at the same place. Spreads jobs.',
    ).optional(),
  })
  .superRefine((schedule, context) => {
    checkKinds(schedule, ['immediate', 'at', 'every', 'cron', 'rrule', 'union'], context);
    if (schedule.onExcluded !== undefined && schedule.exclude === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['onExcluded'],
        message: 'Expected `onExcluded` only beside `exclude`.',
      });
    }
    if (schedule.jitter !== undefined && schedule.window !== undefined) {
      context.addIssue({ code: 'custom', path: ['window'], message: 'Expected `jitter` or `window`, not both.' });
    }
  });
/** A schedule as a person writes it. */
export type Schedule = z.infer<typeof scheduleSchema>;

/** What a schedule depends on beside itself, fixed when it is submitted, so that planning needs nothing else. */
export interface Resolved {
  /** Whose schedule it is, `project/jobId`: what `H`, `jitter` and `window` are drawn from. */
  seed: string;
  /** The calendars it names. `revision` tells whether one has changed since. */
  calendars?: Record<string, Calendar & { revision: number }>;
  /** Fields that normalising filled in, as paths below the schedule. */
  added?: string[];
}

/** A schedule ready to be planned: times in UTC, durations ISO 8601, the anchor fixed. */
export interface NormalSchedule extends Schedule {
  resolved?: Resolved;
}

interface ExclusionFault {
  input?: unknown;
  errors?: { message: string; path: PropertyKey[] }[][];
}

/** A union's fault says little: what is meant shows in the fields, so the fault of that form is the one to tell. */
function exclusionFault({ input, errors = [] }: ExclusionFault): string {
  const given = typeof input === 'object' && input !== null ? input : {};
  const forms = [['calendar'], ['date'], ['from', 'to'], ['yearly'], ['weekly'], ['at', 'every', 'cron', 'rrule']];
  const meant = forms.findIndex((fields) => fields.some((field) => field in given));
  const faults = errors[meant]?.map(({ message, path }) => [...path.map(String), message].join(': ')) ?? [];
  return faults.join('; ') || `Expected an object with one of ${exclusionForms}.`;
}

type Context = Parameters<Parameters<z.ZodType['superRefine']>[0]>[1];

function checkKinds(value: Record<string, unknown>, kinds: string[], context: Context): void {
  const given = kinds.filter((kind) => value[kind] !== undefined);
  if (given.length !== 1) {
    context.addIssue({
      code: 'custom',
      // Final, so that among the forms of an exclusion this one does not pass for the one that fits best.
      continue: false,
      message: `Expected exactly one of ${kinds.join(', ')}; got ${given.length ? given.join(' and ') : 'none'}.`,
    });
  }
  if (value.anchor !== undefined && value.every === undefined && value.rrule === undefined) {
    context.addIssue({
      code: 'custom',
      path: ['anchor'],
      message: 'Expected `anchor` only beside `every` or `rrule`.',
    });
  }
  if (value.and !== undefined && value.cron === undefined) {
    context.addIssue({ code: 'custom', path: ['and'], message: 'Expected `and` only beside `cron`.' });
  }
}
