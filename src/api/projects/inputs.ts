import { z } from 'zod';
import { projectName } from '../../core/definition.js';
import { by, cursor, limit } from '../inputs.js';

const description = z.string().max(1000).describe('What it is for.');
const jobs = z.number().int().min(0).max(10_000_000);
const runsPerDay = z.number().int().min(0).max(1_000_000_000);
const payloadBytes = z.number().int().min(0).max(268_435_456);

export const projectRef = z.strictObject({ project: projectName.default('default').describe('Name of the project.') });
export type ProjectRef = z.output<typeof projectRef>;

export const projectListInput = z.strictObject({ limit, cursor }).prefault({});

export const createProjectInput = z.strictObject({
  name: projectName.describe('Name of the project, for good.'),
  description: description.optional(),
  quotas: z
    .strictObject({
      jobs: jobs.optional().describe('Jobs that have not ended.'),
      runsPerDay: runsPerDay.optional().describe('Runs started in a day (UTC).'),
      payloadBytes: payloadBytes.optional().describe('Bytes of an input, as JSON.'),
    })
    .default({})
    .describe('What it may use at most; what is left out has no bound of its own.'),
  by,
});
export type CreateProjectInput = z.output<typeof createProjectInput>;

export const updateProjectInput = projectRef.extend({
  description: description.nullable().optional().describe('What it is for; null takes it away.'),
  quotas: z
    .strictObject({
      jobs: jobs.nullable().optional().describe('Jobs that have not ended.'),
      runsPerDay: runsPerDay.nullable().optional().describe('Runs started in a day (UTC).'),
      payloadBytes: payloadBytes.nullable().optional().describe('Bytes of an input, as JSON.'),
    })
    .optional()
    .describe('What it may use at most; null takes a bound away, what is left out stays.'),
});
export type UpdateProjectInput = z.output<typeof updateProjectInput>;
