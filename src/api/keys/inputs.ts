import { z } from 'zod';
import { rights, roles } from '../../core/access.js';
import { projectName } from '../../core/definition.js';
import { cursor, limit, time } from '../inputs.js';

const project = z
  .union([projectName, z.literal('*')])
  .default('default')
  .describe('Project the key is for; `*`: all of them, for owners of all alone.');
const ownerName = z.string().min(1).max(100);

export const keyRef = z.strictObject({
  project,
  id: z.string().min(1).max(100).describe('Id of the key: not the key, nor its prefix.'),
});

export const keyCreateInput = z.strictObject({
  project,
  name: ownerName.describe('What the key is for. It stands next to what is done with it.'),
  role: z.enum(roles).describe('What the key may do: no more than you.'),
  payloads: z.boolean().default(false).describe('Whether it sees inputs, results and logs.'),
  scopes: z
    .array(z.enum(rights))
    .min(1)
    .optional()
    .describe('The rights it is limited to. Default: all that role and `payloads` bring.'),
  owns: z.array(ownerName).min(1).max(20).optional().describe('Names under which it owns jobs. Default: its name.'),
  expiresAt: time.optional().describe('From when on it is refused. Default: never.'),
});

export const keyListInput = z.strictObject({
  project,
  usable: z.boolean().optional().describe('Only keys that are neither revoked nor expired.'),
  limit,
  cursor,
});
