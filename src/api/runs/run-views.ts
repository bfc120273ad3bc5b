import { z } from 'zod';
import { runTriggers } from '../../core/contract.js';
import { notRunReasons, runStates } from '../../core/states.js';
import { payloadsHidden } from '../access/payloads.js';

export const time = z.string().describe('RFC 3339 in UTC.');

export const runErrorView = z.object({
  code: z.string().describe('Stable code of the error.'),
  message: z.string().describe('For people.'),
});

export const runSummaryView = z.object({
  runId: z.string().describe('Job id and nominal time, or key of the trigger; the idempotency key of every attempt.'),
  scheduledAt: time.describe('Nominal time; of a run started by hand, when it was asked for.'),
  trigger: z.enum(runTriggers).describe('What asked for the run.'),
  state: z.enum(runStates).describe('State of the run.'),
  attempt: z.number().describe('Attempts made; 0 when it never ran.'),
  startedAt: time.optional().describe('Start of the first attempt.'),
  finishedAt: time.optional().describe('End of the last attempt, or of the decision not to run.'),
  effectiveAt: time.optional().describe('When it was to start, if jitter or a window moved it from its nominal time.'),
  reason: z.enum(notRunReasons).optional().describe('Why the occurrence did not run.'),
  detail: z.string().optional().describe('More of the reason: the calendar, the run that took its place.'),
  error: runErrorView.optional().describe('Why the last attempt failed.'),
});

export const runView = runSummaryView.extend({
  project: z.string().describe('Project of the job.'),
  jobId: z.string().describe('Job the run belongs to.'),
  definitionVersion: z.number().describe("Version of the job's definition the run was made with."),
  input: z.unknown().optional().describe("Only where it differs from the definition's."),
  result: z.unknown().optional().describe('What the task returned.'),
  payloadsHidden,
  worker: z.string().optional().describe('Which worker executed the last attempt.'),
  resultLocation: z.string().optional().describe('Where a larger result is kept: `file:` or `s3:` URI.'),
  log: z
    .object({
      lines: z.number().describe('Lines kept.'),
      bytes: z.number().describe('Their size.'),
      chunks: z.number().describe('Objects they are kept in.'),
      truncated: z.boolean().optional().describe('Lines were left out: the run wrote more than the limit.'),
    })
    .optional()
    .describe('The log of the run, if it wrote one.'),
  progress: z
    .object({
      done: z.number().describe('Done so far.'),
      total: z.number().optional().describe('Of how many, if known.'),
      note: z.string().optional().describe('What it is at.'),
      at: time.describe('When the task said so.'),
    })
    .optional()
    .describe('How far the run is, or was.'),
  errorFingerprint: z.string().optional().describe('Equal for errors that differ only in numbers, ids and the like.'),
  errorCauses: z.array(runErrorView).optional().describe('What caused the error, the nearest first.'),
  recordedAt: time.describe('When the ledger got the entry.'),
  dismissed: z
    .object({
      at: time.describe('Since when.'),
      by: z.string().optional().describe('Who said so.'),
      note: z.string().optional().describe('Why.'),
    })
    .optional()
    .describe('Nothing is to be done about this failure.'),
});
export type RunView = z.output<typeof runView>;
