import { z } from 'zod';
import { runTriggers } from '../core/contract.js';
import { definitionSchema, jobId, pausedPolicies, projectName } from '../core/definition.js';
import { keyPattern } from '../core/ids.js';
import { writtenSchedule } from '../core/schedule/written.js';
import { jobStates, runStates } from '../core/states.js';

export const key = z.string().regex(keyPattern, 'Expected 1-100 visible ASCII characters.');
export const project = projectName.default('default');
export const by = z.string().min(1).max(100).optional().describe('Who asks, for the record.');
/** A time in a request: ISO 8601 with an offset, handed on in UTC. */
export const time = z.iso
  .datetime({ offset: true, error: 'Expected ISO 8601 with an offset, such as 2026-11-21T09:00:00Z.' })
  .transform((text) => new Date(text).toISOString());
/** Versions are kept as integers of 4 bytes. */
export const maximumVersion = 2 ** 31 - 1;
export const limit = z.number().int().min(1).max(500).default(50).describe('Most items in one page.');
export const cursor = z.string().min(1).max(2000).optional().describe('`nextCursor` of the page before.');

export const jobRef = z.strictObject({ id: jobId, project });
export type JobRef = z.output<typeof jobRef>;

const command = jobRef.extend({
  commandId: key.optional().describe('Repeating a command with the id of an earlier one does nothing.'),
  by,
});

export const createInput = definitionSchema.extend({
  id: jobId.optional(),
  project,
  by,
  idempotencyKey: key.optional().describe('A repeated request with the key of an earlier one gets its job.'),
});
export const validateInput = definitionSchema.extend({ id: jobId, project, by });
export const ensureInput = validateInput.extend({
  ifVersion: z
    .number()
    .int()
    .min(0)
    .max(maximumVersion)
    .optional()
    .describe('Only over a definition of this version; 0: only if there is no such job. Else JOB_CHANGED.'),
});
const ifVersion = z
  .number()
  .int()
  .min(1)
  .max(maximumVersion)
  .optional()
  .describe('Only if the definition is of this version still; else JOB_CHANGED.');
export const updateInput = definitionSchema.extend({ ...command.shape, ifVersion });
export const patchInput = command.extend({
  patch: z
    .record(z.string(), z.unknown())
    .describe('What changes in the definition, as JSON merge patch (RFC 7396): null removes a field.'),
  ifVersion,
});
const missed = z.enum(pausedPolicies).optional();

export const pauseInput = command.extend({
  note: z.string().max(1000).optional().describe('Why, for whoever looks later.'),
  until: time.optional().describe('The job resumes by itself at this time.'),
  missed: missed.describe('What becomes of occurrences due meanwhile, in place of `whilePaused`.'),
});
export const resumeInput = command.extend({
  missed: missed.describe('What becomes of occurrences that were due meanwhile, in place of what the pause says.'),
});
export const cancelInput = command.extend({ reason: z.string().max(1000).optional().describe('Why.') });
export const deleteInput = cancelInput.extend({ ifVersion });
export const rescheduleInput = command.extend({
  schedule: writtenSchedule.describe('When the job runs from now on.'),
  ifVersion,
});
export const triggerInput = command.extend({
  key: key.optional().describe('Part of the run id: the same key never starts a second run. Default: the command id.'),
  input: z.unknown().optional().describe("Input of this run alone, in place of the definition's."),
});

const version = z.number().int().min(1).max(maximumVersion).describe('Version of the definition.');
export const versionRef = jobRef.extend({ version });
export const rollbackInput = command.extend({ version: version.describe('Version whose definition to take again.') });
export const versionListInput = jobRef.extend({ limit, cursor });

const viewerTimezone = z.string().max(100).describe('Zone of whoever looks: times are told in it as well.');

export const nextInput = jobRef.extend({
  count: z.number().int().min(1).max(1000).default(10).describe('How many times.'),
  viewerTimezone: viewerTimezone.optional(),
});

const jobFilter = {
  project,
  state: z.array(z.enum(jobStates)).min(1).optional().describe('Only jobs in one of these states.'),
  task: z.string().max(100).optional().describe('Only jobs of this task.'),
  priority: z.number().int().min(1).max(5).optional().describe('Only jobs of this priority.'),
  owner: z.string().max(100).optional().describe('Only jobs of this owner.'),
  labels: z.record(z.string().max(100), z.string().max(200)).optional().describe('All of these must match.'),
  text: z.string().min(1).max(200).optional().describe('Part of id, task or description, in any case.'),
  nextRunFrom: time.optional().describe('Next run at this time or later; orders by next run.'),
  nextRunTo: time.optional().describe('Next run before this time; orders by next run.'),
};
export const jobListInput = z.strictObject({ ...jobFilter, limit, cursor });
export const jobCountInput = z.strictObject(jobFilter).prefault({});

export const runRef = z.strictObject({
  project,
  runId: z.string().min(1).max(300).describe('Id of the run: `backup@2026-11-21T09:00:00Z`.'),
});

export const runListInput = z.strictObject({
  project,
  jobId: jobId.optional().describe('Only runs of this job.'),
  state: z.array(z.enum(runStates)).min(1).optional().describe('Only runs in one of these states.'),
  trigger: z.enum(runTriggers).optional().describe('Only runs asked for by this.'),
  fingerprint: z.string().min(1).max(400).optional().describe('Only runs whose error has this fingerprint.'),
  from: time.optional().describe('Nominal time at or after.'),
  to: time.optional().describe('Nominal time before.'),
  limit,
  cursor,
});

export const previewInput = z.strictObject({
  project,
  schedule: writtenSchedule.describe('The schedule to look at.'),
  count: z.number().int().min(1).max(1000).default(10).describe('How many times.'),
  from: time.optional().describe('Times after this one. Default: now.'),
  timezone: z.string().max(100).optional().describe("Zone of `local`. Default: the schedule's."),
  viewerTimezone: viewerTimezone.optional(),
  id: jobId.optional().describe('Job whose `H`, jitter and window to draw. Default: those of a job without a name.'),
});

export const healthInput = z.strictObject({ project }).prefault({});
