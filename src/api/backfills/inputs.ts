import { z } from 'zod';
import { backfillId, backfillRequestSchema } from '../../core/backfill/schema.js';
import { backfillStates } from '../../core/backfill/states.js';
import { jobId } from '../../core/definition.js';
import { by, cursor, key, limit, project } from '../inputs.js';

export const createBackfillInput = backfillRequestSchema.extend({
  project,
  jobId: jobId.describe('Job whose occurrences run.'),
  id: backfillId
    .optional()
    .describe('Id of the backfill, unique in its project; a repeated request gets the backfill of the first.'),
  by,
  dryRun: z.boolean().default(false).describe('Tell what would run, and do nothing.'),
});
export type CreateBackfillInput = z.output<typeof createBackfillInput>;

export const backfillRef = z.strictObject({ id: backfillId, project });

const command = backfillRef.extend({
  commandId: key.optional().describe('Repeating a command with the id of an earlier one does nothing.'),
  by,
});
export const pauseBackfillInput = command.extend({ note: z.string().max(1000).optional().describe('Why.') });
export const resumeBackfillInput = command;
export const cancelBackfillInput = command.extend({ reason: z.string().max(1000).optional().describe('Why.') });

export const backfillListInput = z.strictObject({
  project,
  jobId: jobId.optional().describe('Only backfills of this job.'),
  state: z.array(z.enum(backfillStates)).min(1).optional().describe('Only backfills in one of these states.'),
  limit,
  cursor,
});
