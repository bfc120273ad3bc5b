import { z } from 'zod';
import { roles } from '../../core/access.js';
import { nextCursor, time } from '../views.js';

export const projectView = z.object({
  name: z.string().describe('Name of the project.'),
  description: z.string().optional().describe('What it is for.'),
  createdAt: time.describe('When it came to be.'),
  createdBy: z.string().optional().describe('Who created it, or made the first job in it.'),
  quotas: z
    .object({
      jobs: z.number().optional().describe('Jobs that have not ended.'),
      runsPerDay: z.number().optional().describe('Runs started in a day (UTC).'),
      payloadBytes: z.number().optional().describe('Bytes of an input, as JSON.'),
    })
    .describe('What it may use at most; what is left out has no bound of its own.'),
  role: z.enum(roles).describe('What the caller is in it: the highest, if several.'),
  payloads: z.boolean().describe('Whether the caller sees inputs, results and logs.'),
});
export type ProjectView = z.output<typeof projectView>;

export const projectPage = z.object({ items: z.array(projectView).describe('The projects of this page.'), nextCursor });
