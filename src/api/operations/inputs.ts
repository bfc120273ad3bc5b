import { z } from 'zod';
import { operationActions, operationStates } from '../../core/operations.js';
import { jobStates } from '../../core/states.js';
import { by, cursor, jobListInput, limit, project } from '../inputs.js';
import { deadLettersInput } from '../runs/inputs.js';

const { project: _, limit: _limit, cursor: _cursor, ...ofJobs } = jobListInput.shape;
const { project: _project, limit: _runs, cursor: _after, ...ofRuns } = deadLettersInput.shape;
/** Which jobs, as `jobs.list` has it. */
export const jobSelection = z.strictObject(ofJobs);
/** Which failed runs, as `runs.deadLetters` has it. */
export const runSelection = z.strictObject(ofRuns);

export const createOperationInput = z.strictObject({
  project,
  action: z.enum(operationActions).describe('What is done to each job; `retry`: to each dead letter.'),
  filter: z
    .strictObject({
      ...ofJobs,
      ...ofRuns,
      state: z
        .array(z.enum([...jobStates, 'timed_out']))
        .min(1)
        .optional()
        .describe('Only jobs, or for `retry` runs, in one of these states.'),
    })
    .describe('Which: fields of jobs.list, for `retry` those of runs.deadLetters. An empty one: all of the project.'),
  note: z.string().max(1000).optional().describe('Why; jobs keep it with their pause, or as what they ended by.'),
  dryRun: z.boolean().default(false).describe('Count what fits, and do nothing.'),
  atMost: z
    .number()
    .int()
    .min(0)
    .optional()
    .describe('Refuse with PRECONDITION_FAILED when more fit: what a dry run counted.'),
  by,
});
export type CreateOperationInput = z.output<typeof createOperationInput>;

export const operationRef = z.strictObject({
  project,
  id: z.string().min(1).max(100).describe('Id of the operation.'),
});
export const cancelOperationInput = operationRef.extend({ by });

export const operationListInput = z.strictObject({
  project,
  state: z.array(z.enum(operationStates)).min(1).optional().describe('Only operations in one of these states.'),
  limit,
  cursor,
});
