import { z } from 'zod';
import { definitionSchema, lanes, pausedPolicies, timeoutsSchema } from '../core/definition.js';
import { jobStates } from '../core/states.js';
import { payloadsHidden } from './access/payloads.js';
import { runErrorView, runSummaryView, runView, time } from './runs/run-views.js';

export type { EventView } from './events/views.js';
export { type PreviewView, previewView } from './preview-view.js';
export { type RunView, runErrorView, runSummaryView, runView, time } from './runs/run-views.js';
export {
  type AttemptView,
  type RedriveView,
  type RetryView,
  type RunDetailView,
  redriveView,
  retryView,
  runDetailView,
} from './runs/views.js';
export { type TaskListView, type TaskView, taskListView, taskView } from './tasks/views.js';

export const countersView = z.object({
  succeeded: z.number().describe('Runs that succeeded.'),
  failed: z.number().describe('Runs that failed with every attempt.'),
  timedOut: z.number().describe('Runs that took too long.'),
  cancelled: z.number().describe('Runs that were cancelled.'),
  skipped: z.number().describe('Occurrences that did not run by a policy.'),
  missed: z.number().describe('Occurrences that an outage cost.'),
  started: z.number().describe('Scheduled runs started; `maxRuns` counts these.'),
});

export const pauseView = z.object({
  note: z.string().optional().describe('Why.'),
  by: z.string().optional().describe('Who paused the job.'),
  since: time.describe('When the pause began.'),
  until: time.optional().describe('The job resumes by itself then.'),
  failures: z.number().optional().describe('The job paused itself after so many failures in a row.'),
  probeAt: time.optional().describe('A single run is tried then; if it succeeds, the job resumes.'),
  missed: z
    .object({
      policy: z.enum(pausedPolicies).describe('What becomes of them on resuming.'),
      count: z.number().describe('How many were due so far.'),
      first: time.optional().describe('The first of them.'),
      last: time.optional().describe('The last of them.'),
    })
    .optional()
    .describe('Occurrences that were due since the pause began.'),
});

/** A definition as it is stored: defaults filled in, lane and attempt bound fixed. */
export const definitionView = definitionSchema.extend({
  lane: z.enum(lanes).describe('Worker pool.'),
  timeouts: timeoutsSchema
    .extend({ attempt: z.string().describe('Bound of one attempt.') })
    .describe('Bounds in time.'),
  payloadsHidden,
});

const consolesView = z.object({
  workflowId: z.string().describe('Id of the workflow in Temporal.'),
  temporalUi: z.string().nullable().describe("The job's page in the Temporal Web UI, if there is one."),
  temporalCli: z.string().describe('A command that shows the job with the Temporal CLI.'),
});

const standing = {
  project: z.string().describe('Project of the job.'),
  id: z.string().describe('Id of the job in its project.'),
  state: z.enum(jobStates).describe('State of the job.'),
  revision: z.number().describe('Ascends with every change.'),
  words: z.string().describe('The schedule in words.'),
  definitionVersion: z.number().describe('1 for the first definition, one more with every change.'),
  digest: z.string().describe('Equal digests: equal definitions as submitted.'),
  createdAt: time.describe('When the job was created.'),
  createdBy: z.string().optional().describe('Who created it.'),
  definedAt: time.describe('When this version of the definition came.'),
  definedBy: z.string().optional().describe('Who gave this version.'),
  nextRunAt: time.nullable().describe('Next nominal time; null when none is ahead, or the job is paused.'),
  running: z.number().describe('Runs in progress.'),
  counters: countersView.describe('Outcomes so far.'),
  lastRun: runSummaryView.nullable().describe('The occurrence decided last.'),
  pause: pauseView.nullable().describe('The pause, while the job is paused.'),
  closedAt: time.nullable().describe('When the job ended.'),
  closeReason: z.string().nullable().describe('Why the job ended.'),
};

export const jobView = z.object({
  ...standing,
  definition: definitionView.describe('The definition in force, defaults filled in.'),
  calendars: z
    .record(z.string(), z.number())
    .optional()
    .describe('Calendars the schedule was planned with, and their revisions.'),
  idempotencyKey: z.string().optional().describe('Key of the request that created it.'),
  links: consolesView.describe('Where else the job can be looked at.'),
});
export type JobView = z.output<typeof jobView>;

export const jobDetailView = jobView.extend({
  next: z.array(time).describe('Next nominal times, at most 5.'),
});
export type JobDetailView = z.output<typeof jobDetailView>;

/** A job in a list: all but its definition, of which only what lists show. */
export const jobItemView = z.object({
  ...standing,
  task: z.string().describe('Task it runs.'),
  lane: z.enum(lanes).describe('Worker pool.'),
  priority: z.number().describe('1 is most urgent, 5 least.'),
  owner: z.string().optional().describe('Person or team that answers for it.'),
  description: z.string().optional().describe('What it is for.'),
  labels: z.record(z.string(), z.string()).describe('Labels it is found by.'),
});
export type JobItemView = z.output<typeof jobItemView>;

export const nextCursor = z.string().nullable().describe('Give it as `cursor` for the next page; null on the last.');
export const jobPage = z.object({ items: z.array(jobItemView).describe('The jobs of this page.'), nextCursor });
export const runPage = z.object({ items: z.array(runView).describe('The entries of this page.'), nextCursor });

export const countView = z.object({
  total: z.number().describe('Number of jobs that fit.'),
  byState: z
    .partialRecord(z.enum(jobStates), z.number())
    .optional()
    .describe('The same by state; absent when `atLeast`.'),
  atLeast: z
    .boolean()
    .optional()
    .describe('There are more: with filters, and while all of a large project are first counted, it stops at 10,000.'),
  asOf: time.describe(
    'When they were counted; all jobs of a project are counted every 2 s at most, many jobs more seldom.',
  ),
});
export type CountView = z.output<typeof countView>;

const confirmed = z
  .boolean()
  .describe(
    'False: no worker answered in time; the command was left with Temporal and takes effect when one comes back.',
  );
const jobAfter = jobView
  .nullable()
  .describe('The job as far as known; null only while neither worker nor database answers.');

export const commandView = z.object({ job: jobAfter, confirmed });
export type CommandView = z.output<typeof commandView>;

export const triggerView = z.object({
  job: jobAfter,
  confirmed,
  runId: z.string().describe('Id the run has, or will have.'),
  run: runSummaryView.nullable().describe('Null while unconfirmed.'),
});
export type TriggerView = z.output<typeof triggerView>;

export const statusView = z.object({
  project: z.string().describe('Project of the job.'),
  id: z.string().describe('Id of the job in its project.'),
  live: z
    .boolean()
    .describe('True: from the job itself. False: from the ledger, as the job has ended or no worker answered.'),
  state: z.enum(jobStates).describe('State of the job.'),
  revision: z.number().describe('Ascends with every change.'),
  nextTimes: z.array(time).describe('Next nominal times, at most 5.'),
  running: z
    .array(
      runSummaryView.extend({
        lastFailure: z.string().optional().describe('Message of the attempt before.'),
        nextAttemptAt: time.optional().describe('When the next attempt is due.'),
      }),
    )
    .describe('Runs in progress.'),
  recent: z.array(runSummaryView).describe('The last 20 runs, newest first.'),
  counters: countersView.describe('Outcomes so far.'),
  pause: pauseView.nullable().describe('The pause, while the job is paused.'),
  outbox: z.number().nullable().describe('Ledger entries still waiting in the job; null when not live.'),
  lastRefusal: runErrorView.nullable().describe('Why the last command given as a Signal was refused.'),
});
export type StatusView = z.output<typeof statusView>;

export const validationView = z.object({
  id: z.string().describe('Id of the job in its project.'),
  project: z.string().describe('Project of the job.'),
  action: z.enum(['create', 'update', 'unchanged']).describe('What `jobs.ensure` would do.'),
  digest: z.string().describe('Equal digests: equal definitions as submitted.'),
  words: z.string().describe('The schedule in words.'),
  next: z.array(time).describe('Next nominal times the job would have, at most 5.'),
  definition: definitionView.describe('The definition the job would have, defaults filled in.'),
  current: z
    .object({
      state: z.enum(jobStates).describe('State of the job.'),
      definitionVersion: z.number().describe('Version of its definition.'),
      definition: definitionView.describe('The definition in force, defaults filled in.'),
      next: z.array(time).describe('Next nominal times, at most 5.'),
    })
    .nullable()
    .describe('The job as it is; null when there is none.'),
});
export type ValidationView = z.output<typeof validationView>;

export const sourceView = z.object({
  id: z.string().describe('Id of the job in its project.'),
  project: z.string().describe('Project of the job.'),
  state: z.enum(jobStates).describe('State of the job.'),
  definition: z.record(z.string(), z.unknown()).describe('What to submit for the same job: defaults are left out.'),
});
export type SourceView = z.output<typeof sourceView>;

export const ensureView = z.object({
  job: jobAfter,
  action: z.enum(['created', 'updated', 'unchanged']).describe('What was done.'),
  confirmed,
});
export type EnsureView = z.output<typeof ensureView>;

export const deletedView = z.object({
  project: z.string().describe('Project of the job.'),
  id: z.string().describe('Id of the job; it is not given again.'),
  deletedAt: time.describe('Since when it is deleted.'),
  confirmed: z
    .boolean()
    .describe('False: no worker answered in time; the job is deleted, and ends when a worker is back.'),
});
export type DeletedView = z.output<typeof deletedView>;

const versionStanding = {
  version: z.number().describe('1 for the first definition, one more with every change.'),
  words: z.string().describe('The schedule in words.'),
  digest: z.string().describe('Equal digests: equal definitions as submitted.'),
  definedAt: time.describe('When this version came.'),
  definedBy: z.string().optional().describe('Who gave it.'),
};
export const versionItemView = z.object({ ...versionStanding, task: z.string().describe('Task it runs.') });
export type VersionItemView = z.output<typeof versionItemView>;
export const versionPage = z.object({
  items: z.array(versionItemView).describe('The versions of this page.'),
  nextCursor,
});
export const versionView = z.object({
  ...versionStanding,
  project: z.string().describe('Project of the job.'),
  id: z.string().describe('Id of the job in its project.'),
  definition: definitionView.describe('The definition of this version, defaults filled in.'),
});
export type VersionView = z.output<typeof versionView>;

const partView = {
  ok: z.boolean().describe('Whether it answers.'),
  error: z.string().optional().describe('What it said instead; told to known callers.'),
};

export const healthView = z.object({
  status: z.enum(['ok', 'degraded']).describe('Degraded: a part does not answer, or no scheduler worker is there.'),
  version: z.string().describe('Version of the API.'),
  time: time.describe("The API's clock."),
  temporal: z
    .object({
      ...partView,
      address: z.string().optional().describe('host:port of the frontend; told to known callers.'),
      namespace: z.string().optional().describe('Temporal namespace of the jobs; told to known callers.'),
    })
    .describe('The Temporal server.'),
  store: z.object(partView).describe('The database.'),
  workers: z
    .object({
      scheduler: z.number().describe('Workers seen lately on the scheduler task queue.'),
      heavy: z.number().describe('Workers seen lately on the heavy task queue.'),
    })
    .describe('Worker processes that polled in the last 70 s.'),
});
export type HealthView = z.output<typeof healthView>;
