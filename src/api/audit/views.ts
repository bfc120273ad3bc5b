import { z } from 'zod';
import { nextCursor, time } from '../views.js';

export const auditEntryView = z.object({
  id: z.string().describe('Id of the entry.'),
  at: time.describe('When it happened.'),
  project: z.string().optional().describe('Project it concerns; absent: none, or nobody knows which.'),
  caller: z
    .object({
      kind: z.string().describe('`key`, `user`, `nobody` without credentials, `open` where nobody is asked.'),
      id: z.string().describe('Never used again for another.'),
      name: z.string().describe('As it was at the time.'),
    })
    .describe('Who did it, or tried to.'),
  keyId: z.string().optional().describe('Id of the API key that was used.'),
  address: z.string().describe('IP address that the request came from.'),
  requestId: z.string().describe('Names the request in the log of the API.'),
  action: z.string().describe('Name of the procedure, or what else was done.'),
  target: z.string().optional().describe('What it was about.'),
  outcome: z.string().describe('`done`, or the code of the error it ended with.'),
  before: z.unknown().optional().describe('What was there before, without inputs and secrets.'),
  after: z.unknown().optional().describe('What is there since, without inputs and secrets.'),
});

export const auditPage = z.object({
  items: z.array(auditEntryView).describe('The entries of this page, newest first.'),
  nextCursor,
});
export type AuditPage = z.output<typeof auditPage>;
