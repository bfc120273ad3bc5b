import { z } from 'zod';
import { backfillOrders, backfillStates, rerunRules } from '../../core/backfill/states.js';
import { payloadsHidden } from '../access/payloads.js';

const time = z.string().describe('RFC 3339 in UTC.');

const requestView = z.object({
  from: time.describe('Nominal times at or after this.'),
  to: time.describe('Nominal times before this.'),
  maxActiveRuns: z.number().describe('Runs in progress at once.'),
  priority: z.number().describe('1 is most urgent, 5 least.'),
  rerun: z.enum(rerunRules).describe('Which nominal times run.'),
  order: z.enum(backfillOrders).describe('Which nominal times come first.'),
  input: z.unknown().optional().describe("Input of its runs, if not the definition's."),
  note: z.string().optional().describe('What it is for.'),
  payloadsHidden,
});

const progressView = z.object({
  total: z.number().describe('Runs planned so far; all of them once `exact`.'),
  exact: z.boolean().describe('Everything is planned.'),
  succeeded: z.number().describe('Runs that succeeded.'),
  failed: z.number().describe('Runs that failed with every attempt.'),
  timedOut: z.number().describe('Runs that took too long.'),
  cancelled: z.number().describe('Runs that were cancelled.'),
  skipped: z.number().describe('Nominal times left out because they ran before.'),
  excluded: z.number().describe('Nominal times left out because the schedule excludes them.'),
  running: z.number().describe('Runs in progress.'),
  remaining: z.number().describe('Runs planned that have not ended.'),
  percent: z.number().describe('Whole percent: of the runs when all are planned, else of the range.'),
  reached: time.nullable().describe('Nominal time of the run started last.'),
});

export const backfillView = z.object({
  project: z.string().describe('Project of the job.'),
  id: z.string().describe('Id of the backfill in its project.'),
  jobId: z.string().describe('Job whose occurrences run.'),
  state: z.enum(backfillStates).describe('State of the backfill.'),
  revision: z.number().describe('Ascends with every change.'),
  request: requestView.describe('What was asked for, defaults filled in.'),
  definitionVersion: z.number().describe("Version of the job's definition it runs."),
  progress: progressView.describe('How far it is.'),
  pause: z
    .object({
      note: z.string().optional().describe('Why.'),
      by: z.string().optional().describe('Who paused it.'),
      since: time.describe('When the pause began.'),
    })
    .nullable()
    .describe('The pause, while it is paused.'),
  createdAt: time.describe('When it was created.'),
  createdBy: z.string().optional().describe('Who created it.'),
  closedAt: time.nullable().describe('When it ended.'),
  closeReason: z.string().nullable().describe('Why it ended.'),
  workflowId: z.string().describe('Id of its workflow in Temporal.'),
});
export type BackfillView = z.output<typeof backfillView>;

const firstAndLast = (what: string) => z.array(time).describe(what);

export const surveyView = z.object({
  total: z.number().describe('Runs there would be.'),
  skipped: z.number().describe('Nominal times left out because they ran before.'),
  excluded: z.number().describe('Nominal times left out because the schedule excludes them.'),
  exact: z.boolean().describe('False: the range holds more than is counted; the numbers are the least there are.'),
  first: firstAndLast('Nominal times that would run first, at most 10.'),
  last: firstAndLast('Nominal times that would run last, at most 10.'),
  definitionVersion: z.number().describe("Version of the job's definition that would run."),
});
export type SurveyView = z.output<typeof surveyView>;

export const createdBackfillView = z.object({
  backfill: backfillView.nullable().describe('The backfill; null after a dry run.'),
  dryRun: surveyView.nullable().describe('What would run; null unless asked for.'),
});

export const backfillCommandView = z.object({
  backfill: backfillView.describe('The backfill as far as known.'),
  confirmed: z
    .boolean()
    .describe(
      'False: no worker answered in time; the command was left with Temporal and takes effect when one comes back.',
    ),
});
export type BackfillCommandView = z.output<typeof backfillCommandView>;

export const backfillPage = z.object({
  items: z.array(backfillView).describe('The backfills of this page.'),
  nextCursor: z.string().nullable().describe('Give it as `cursor` for the next page; null on the last.'),
});
