import { z } from 'zod';
import { roles } from '../../core/access.js';
import { nextCursor, time } from '../views.js';

export const memberView = z.object({
  project: z.string().describe('Project; `*`: all of them.'),
  subject: z.string().describe('Who: `user:…`, `group:…` or an e-mail address.'),
  role: z.enum(roles).describe('What they are in the project.'),
  payloads: z.boolean().describe('Whether they see inputs, results and logs.'),
  addedAt: time.describe('When they became a member.'),
  addedBy: z.string().optional().describe('Who made them one.'),
});
export type MemberView = z.output<typeof memberView>;

export const memberPage = z.object({ items: z.array(memberView).describe('The members of this page.'), nextCursor });
export const memberDeletedView = z.object({ deleted: z.literal(true).describe('They are no member any more.') });
