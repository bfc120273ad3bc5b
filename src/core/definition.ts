import { z } from 'zod';
import { parseDuration } from './duration.js';
import { CarillonError } from './errors.js';
import { idPattern, projectPattern } from './ids.js';

/** Text that is a duration: ISO 8601 (`PT1H30M`) or short (`1h30m`). Stored as it was written. */
const duration = (what: string) =>
  z
    .string()
    .superRefine((text, context) => {
      try {
        parseDuration(text, 'duration');
      } catch (error) {
        if (!(error instanceof CarillonError)) throw error;
        context.addIssue({ code: 'custom', message: `${error.message} ${error.details.hint}` });
      }
    })
    .describe(what);

export const lanes = ['light', 'standard', 'heavy'] as const;
export type Lane = (typeof lanes)[number];

export const projectName = z
  .string()
  .regex(projectPattern, 'Expected 1-40 lower-case letters, digits or dashes.')
  .describe('Project (tenant) the job belongs to.');

export const jobId = z
  .string()
  .regex(idPattern, 'Expected 1-100 letters, digits, dots, dashes or underscores, not starting or ending with a mark.')
  .describe('Id of the job, unique in its project.');

/**
 * When a job runs: exactly one of `immediate`, `at`, `every` or `cron`, and the bounds around it.
 * Times are ISO 8601 with an offset, or local times read in `timezone`.
 */
export const scheduleSchema = z
  .strictObject({
    immediate: z.literal(true).optional().describe('Run once, now.'),
    at: z
      .string()
      .optional()
      .describe('Run once at this time: ISO 8601 with offset, or a local time read in `timezone`.'),
    every: duration(
      'Run at a fixed interval from `anchor`: 10s, 1h30m, PT5M, P1D (calendar days in `timezone`).',
    ).optional(),
    cron: z.string().optional().describe('Cron expression of 5 fields, or 6 with seconds first.'),
    timezone: z.string().optional().describe('IANA zone in which local times are read. Default UTC.'),
    anchor: z
      .string()
      .optional()
      .describe('For `every`: an occurrence to count from. Default: the moment of creation.'),
    start: z.string().optional().describe('No occurrence before this time (inclusive).'),
    end: z.string().optional().describe('No occurrence after this time (inclusive).'),
    maxRuns: z
      .number()
      .int()
      .min(1)
      .max(1_000_000_000)
      .optional()
      .describe('The job completes after this many scheduled runs.'),
  })
  .superRefine((schedule, context) => {
    const kinds = (['immediate', 'at', 'every', 'cron'] as const).filter((kind) => schedule[kind] !== undefined);
    if (kinds.length !== 1) {
      context.addIssue({
        code: 'custom',
        message: `Expected exactly one of immediate, at, every, cron; got ${kinds.length ? kinds.join(' and ') : 'none'}.`,
      });
    }
    if (schedule.anchor !== undefined && schedule.every === undefined) {
      context.addIssue({ code: 'custom', path: ['anchor'], message: 'Expected `anchor` only beside `every`.' });
    }
  });
export type Schedule = z.infer<typeof scheduleSchema>;

export const retrySchema = z.strictObject({
  maximumAttempts: z.number().int().min(1).max(1000).default(3).describe('Attempts in all, the first included.'),
  initialInterval: duration('Wait before the second attempt.').default('PT1S'),
  backoffCoefficient: z.number().min(1).max(100).default(2).describe('Each wait is the last one times this.'),
  maximumInterval: duration('No wait is longer than this.').default('PT1M'),
  nonRetryableErrors: z
    .array(z.string().min(1).max(100))
    .max(100)
    .default([])
    .describe('Error codes that end the run at once.'),
});
export type Retry = z.infer<typeof retrySchema>;

export const timeoutsSchema = z.strictObject({
  attempt: duration(
    'Bound of one attempt. Default: 2 s light, 5 min standard, 1 h heavy, or what the task says.',
  ).optional(),
  run: duration('Bound of the run, retries and waits included.').default('PT24H'),
  heartbeat: duration('How soon a lost worker is noticed.').default('PT10S'),
});

export const catchUpSchema = z.strictObject({
  policy: z
    .enum(['none', 'last', 'all'])
    .default('last')
    .describe('What becomes of occurrences that fell into an outage: none run, the last one, or all of them in order.'),
  within: duration(
    'Occurrences older than this are never caught up. Default 1 h; for `at` and `immediate`: no bound.',
  ).optional(),
});

export const overlapPolicies = ['skip', 'buffer_one', 'allow'] as const;
export type OverlapPolicy = (typeof overlapPolicies)[number];

const label = z.string().max(200);

/** What to run, when, and by which rules: what a person writes. Defaults are filled in by parsing. */
export const definitionSchema = z.strictObject({
  task: z.string().min(1).max(100).describe('Name of a registered task.'),
  input: z.unknown().optional().describe("Input of the task; it must fit the task's schema."),
  schedule: scheduleSchema,
  description: z.string().max(1000).optional(),
  owner: z.string().min(1).max(100).optional().describe('Person or team that answers for the job.'),
  labels: z.record(z.string().min(1).max(100), label).default({}).describe('Free key-value pairs to find jobs by.'),
  priority: z.number().int().min(1).max(5).default(3).describe('1 is most urgent, 5 least.'),
  lane: z.enum(lanes).optional().describe("Worker pool. Default: the task's own."),
  overlap: z.enum(overlapPolicies).default('skip').describe('When an occurrence is due while a run is in progress.'),
  catchUp: catchUpSchema.default({ policy: 'last' }),
  retry: retrySchema.prefault({}),
  timeouts: timeoutsSchema.prefault({}),
});

/** A definition as a person may write it, defaults left out. */
export type DefinitionInput = z.input<typeof definitionSchema>;
/** A definition with its defaults, as it was submitted. */
export type SubmittedDefinition = z.output<typeof definitionSchema>;

/**
 * A definition ready to run: lane and attempt bound taken from the task, anchor and catch-up window fixed.
 * This is what workflow, worker and ledger see.
 */
export interface Definition extends SubmittedDefinition {
  input: unknown;
  lane: Lane;
  timeouts: SubmittedDefinition['timeouts'] & { attempt: string };
}
