import { z } from 'zod';
import { runStates } from '../../core/states.js';
import { runErrorView, runView, time } from './run-views.js';

export const attemptView = z.object({
  attempt: z.number().describe('1 for the first.'),
  state: z.enum(runStates).describe('How it ended, or that it is under way.'),
  startedAt: time.optional().describe('When it began, if that is known.'),
  finishedAt: time.optional().describe('When it ended.'),
  error: runErrorView.optional().describe('Why it failed.'),
  causes: z.array(runErrorView).optional().describe('What caused the error, the nearest first.'),
  worker: z.string().optional().describe('Which worker made it.'),
});
export type AttemptView = z.output<typeof attemptView>;

export const runDetailView = runView.extend({
  input: z.unknown().optional().describe('What the task was given.'),
  attempts: z.array(attemptView).describe('Every attempt whose end somebody lived to tell, the last one included.'),
  links: z
    .object({
      workflowId: z.string().describe('Id of the workflow in Temporal that ran it.'),
      temporalUi: z.string().nullable().describe("The workflow's page in the Temporal Web UI, if there is one."),
      temporalCli: z.string().describe('A command that shows the workflow with the Temporal CLI.'),
    })
    .describe('Where else the run can be looked at.'),
});
export type RunDetailView = z.output<typeof runDetailView>;

export const retryView = z.object({
  retryOf: z.string().describe('The run that failed.'),
  runId: z.string().describe('Id the new run has, or will have.'),
  via: z
    .enum(['job', 'backfill'])
    .describe('Who runs it: the job, or, as the job has ended, a backfill of this one nominal time.'),
  confirmed: z
    .boolean()
    .describe('False: no worker answered in time; the command waits with Temporal until one comes back.'),
});
export type RetryView = z.output<typeof retryView>;

export const redriveView = z.object({
  dryRun: z.boolean().describe('Nothing was done.'),
  count: z.number().describe('Runs that were tried again, or would be.'),
  more: z.boolean().describe('Others fit the filter; ask again when these have ended.'),
  runs: z.array(runView).describe('The runs that failed.'),
  retries: z.array(retryView).describe('What became of them.'),
  refused: z
    .array(z.object({ runId: z.string().describe('The run.'), error: runErrorView.describe('Why not.') }))
    .describe('Runs that could not be tried again.'),
});
export type RedriveView = z.output<typeof redriveView>;
