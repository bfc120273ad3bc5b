import { z } from 'zod';
import { roles } from '../../core/access.js';
import { projectName } from '../../core/definition.js';
import { normalSubject } from '../access/directory.js';
import { by, cursor, limit } from '../inputs.js';

const place = projectName
  .or(z.literal('*'))
  .default('default')
  .describe('Project; `*`: all of them, those to come as well.');

const subject = z
  .string()
  .max(300)
  .regex(/^(?:(?:user|group):\S(?:.*\S)?|[^\s@:]+@[^\s@:]+)$/, 'Expected user:…, group:… or an e-mail address.')
  .transform(normalSubject)
  .describe('Who: `user:…` and `group:…` as the identity provider names them, or an e-mail address.');

export const memberListInput = z.strictObject({ project: place, limit, cursor });

export const memberRef = z.strictObject({ project: place, subject });
export type MemberRef = z.output<typeof memberRef>;

export const putMemberInput = memberRef.extend({
  role: z.enum(roles).describe('What they are in the project.'),
  payloads: z.boolean().default(false).describe('Whether they see inputs, results and logs.'),
  by,
});
export type PutMemberInput = z.output<typeof putMemberInput>;
