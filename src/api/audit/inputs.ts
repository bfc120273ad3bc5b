import { z } from 'zod';
import { cursor, limit, project, time } from '../inputs.js';

const text = z.string().min(1).max(400).optional();
const filters = {
  action: text.describe('Only this action: the name of a procedure, such as `jobs.pause`.'),
  caller: text.describe('Only what this caller did: `key:…`, `user:…`, `open`, `nobody`.'),
  target: text.describe('Only what was about this: the id of a job or run, the name of a calendar or secret.'),
  from: time.optional().describe('At this time or later.'),
  to: time.optional().describe('Before this time.'),
  limit,
  cursor,
};

export const auditListInput = z.strictObject({ project, ...filters });
export const auditListAllInput = z.strictObject(filters).prefault({});
