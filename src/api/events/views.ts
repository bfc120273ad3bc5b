import { z } from 'zod';
import { runTriggers } from '../../core/contract.js';
import { jobId } from '../../core/definition.js';
import { jobStates, notRunReasons, runStates } from '../../core/states.js';
import { project } from '../inputs.js';
import { time } from '../runs/run-views.js';

export const eventKinds = ['job', 'run'] as const;
export type EventKind = (typeof eventKinds)[number];
const states = [...new Set([...jobStates, ...runStates])];

export const followEventsInput = z.strictObject({
  project,
  jobId: jobId.optional().describe('Only this job and its runs.'),
  kinds: z.array(z.enum(eventKinds)).min(1).optional().describe('Only changes of these: jobs, runs.'),
  states: z.array(z.enum(states)).min(1).optional().describe('Only what is in one of these states now.'),
  lastEventId: z
    .string()
    .max(1000)
    .nullish()
    .describe('Id of the last event seen: what changed since then comes first.'),
});
export type FollowEventsInput = z.output<typeof followEventsInput>;

const changed = {
  project: z.string().describe('Project of the job.'),
  jobId: z.string().describe('Id of the job in its project.'),
};
const at = time.describe('When it was written.');

export const jobEventView = z.object({
  kind: z.literal('job').describe('A job changed.'),
  ...changed,
  state: z.enum(jobStates).describe('State of the job.'),
  before: z.enum(jobStates).optional().describe('State it was seen in before, if this process saw it.'),
  revision: z.number().describe('Ascends with every change of the job.'),
  at,
});

export const runEventView = z.object({
  kind: z.literal('run').describe('A run changed, or an occurrence did not run.'),
  ...changed,
  runId: z.string().describe('Id of the run.'),
  state: z.enum(runStates).describe('State of the run.'),
  before: z.enum(runStates).optional().describe('State it was seen in before, if this process saw it.'),
  attempt: z.number().describe('Attempts so far; 0: none.'),
  scheduledAt: time.describe('Nominal time.'),
  trigger: z.enum(runTriggers).describe('What asked for it.'),
  reason: z.enum(notRunReasons).optional().describe('Why it did not run.'),
  at,
});

export const positionEventView = z.object({
  kind: z.literal('position').describe('Nothing to tell: only the id counts, to resume with.'),
  at: time.describe('All that was written until then has been told.'),
});

/** The first event is a position, and one comes now and then when others have changes and this viewer has none. */
export const eventView = z.discriminatedUnion('kind', [jobEventView, runEventView, positionEventView]);
export type EventView = z.output<typeof eventView>;
