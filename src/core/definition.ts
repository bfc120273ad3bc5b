import { z } from 'zod';
import { duration } from './fields.js';
import { idPattern, projectPattern } from './ids.js';
import type { NormalSchedule } from './schedule/schema.js';
import { writtenSchedule } from './schedule/written.js';

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
  spacing: duration('At least so long between the starts of two runs that are caught up.').optional(),
});

/** What becomes of an occurrence that is due while a run is in progress. */
export const overlapPolicies = [
  'skip',
  'buffer_one',
  'buffer_all',
  'cancel_previous',
  'terminate_previous',
  'allow',
] as const;
export type OverlapPolicy = (typeof overlapPolicies)[number];

/** What becomes of occurrences that were due while the job was paused. */
export const pausedPolicies = ['drop', 'last', 'all'] as const;
export type PausedPolicy = (typeof pausedPolicies)[number];

export const failurePauseSchema = z.strictObject({
  count: z.number().int().min(1).max(1000).describe('Failed runs in a row.'),
  probeAfter: duration(
    'A single run is tried so long after the pause; if it succeeds, the job resumes. Default: stays paused.',
  ).optional(),
});

const label = z.string().max(200);

/** What to run, when, and by which rules: what a person writes. Defaults are filled in by parsing. */
export const definitionSchema = z.strictObject({
  task: z.string().min(1).max(100).describe('Name of a registered task.'),
  input: z.unknown().optional().describe("Input of the task; it must fit the task's schema."),
  schedule: writtenSchedule,
  description: z.string().max(1000).optional(),
  owner: z.string().min(1).max(100).optional().describe('Person or team that answers for the job.'),
  labels: z.record(z.string().min(1).max(100), label).default({}).describe('Free key-value pairs to find jobs by.'),
  priority: z.number().int().min(1).max(5).default(3).describe('1 is most urgent, 5 least.'),
  lane: z.enum(lanes).optional().describe("Worker pool. Default: the task's own."),
  overlap: z.enum(overlapPolicies).default('skip').describe('When an occurrence is due while a run is in progress.'),
  maxActiveRuns: z
    .number()
    .int()
    .min(1)
    .max(100)
    .default(100)
    .describe('For `overlap: allow`: runs in progress at once; further ones are skipped.'),
  bufferSize: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(100)
    .describe('For `overlap: buffer_all`: runs that may wait; further ones are skipped.'),
  whilePaused: z
    .enum(pausedPolicies)
    .default('drop')
    .describe(
      'On resuming, of the occurrences that were due meanwhile: none run, the last one, or all of them in order.',
    ),
  pauseAfterFailures: failurePauseSchema.optional().describe('The job pauses itself after so many failures in a row.'),
  catchUp: catchUpSchema.default({ policy: 'last' }),
  resultLocation: z
    .string()
    .max(1000)
    .regex(/^(file|s3):\/\//, 'Expected file:///folder or s3://bucket/prefix.')
    .optional()
    .describe('Folder or bucket where results are written, large ones and small; one that the configuration allows.'),
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
  schedule: NormalSchedule;
  input: unknown;
  lane: Lane;
  timeouts: SubmittedDefinition['timeouts'] & { attempt: string };
}
