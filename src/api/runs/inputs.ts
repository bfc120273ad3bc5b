import { z } from 'zod';
import { jobId } from '../../core/definition.js';
import { by, cursor, key, limit, project, runRef, time } from '../inputs.js';

const reason = z.string().max(1000).optional();

export const cancelRunInput = runRef.extend({
  reason: reason.describe('Why.'),
  commandId: key.optional().describe('Repeating a command with the id of an earlier one does nothing.'),
  by,
});

export const retryRunInput = runRef.extend({
  key: key
    .optional()
    .describe(
      'Part of the new run id: the same key never starts a second run. Default: one that follows from `runId`.',
    ),
  input: z.unknown().optional().describe('Input of the new run, in place of what the failed one was given.'),
  by,
});
export type RetryRunInput = z.output<typeof retryRunInput>;

const which = {
  project,
  jobId: jobId.optional().describe('Only runs of this job.'),
  state: z.enum(['failed', 'timed_out']).array().min(1).optional().describe('Only runs that ended so.'),
  fingerprint: z.string().min(1).max(400).optional().describe('Only runs whose error has this fingerprint.'),
  from: time.optional().describe('Nominal time at or after.'),
  to: time.optional().describe('Nominal time before.'),
};
export const deadLettersInput = z.strictObject({ ...which, limit, cursor });
export type DeadLettersInput = z.output<typeof deadLettersInput>;

export const redriveInput = z.strictObject({
  ...which,
  limit: z.number().int().min(1).max(1000).default(100).describe('Most runs that are tried again by this call.'),
  dryRun: z.boolean().default(false).describe('Tell which would be tried again, and do nothing.'),
  by,
});
export type RedriveInput = z.output<typeof redriveInput>;

export const dismissInput = runRef.extend({
  note: reason.describe('Why nothing is to be done.'),
  undo: z.boolean().default(false).describe('Put the run back among the dead letters.'),
  by,
});
export type DismissInput = z.output<typeof dismissInput>;
