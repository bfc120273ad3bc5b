import { z } from 'zod';
import { rights, roles } from '../../core/access.js';
import { nextCursor, time } from '../views.js';

export const keyStates = ['active', 'expired', 'revoked'] as const;

export const keyView = z.object({
  id: z.string().describe('Id of the key.'),
  project: z.string().describe('Project it is for; `*`: all.'),
  name: z.string().describe('What it is for.'),
  state: z.enum(keyStates).describe('Whether it is taken.'),
  role: z.enum(roles).describe('What it may do.'),
  payloads: z.boolean().describe('Whether it sees inputs, results and logs.'),
  scopes: z.array(z.enum(rights)).optional().describe('The rights it is limited to.'),
  owns: z.array(z.string()).describe('Names under which it owns jobs.'),
  prefix: z.string().describe('How the key begins, to tell it from others.'),
  createdAt: time.describe('When it was made.'),
  createdBy: z.string().describe('Who made it.'),
  expiresAt: time.optional().describe('From when on it is refused.'),
  lastUsedAt: time.optional().describe('When it was used last, give or take a minute.'),
  revokedAt: time.optional().describe('When it was revoked.'),
  revokedBy: z.string().optional().describe('Who revoked it.'),
});
export type KeyView = z.output<typeof keyView>;

export const keyCreatedView = keyView.extend({
  key: z.string().describe('The key itself: shown now, and never again.'),
});
export type KeyCreatedView = z.output<typeof keyCreatedView>;

export const keyPage = z.object({ items: z.array(keyView).describe('The keys of this page.'), nextCursor });
export type KeyPage = z.output<typeof keyPage>;
