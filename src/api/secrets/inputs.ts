import { z } from 'zod';
import { longestSecret, secretNamePattern, shortestSecret } from '../../core/secret.js';
import { by, cursor, limit, project } from '../inputs.js';

const name = z
  .string()
  .regex(secretNamePattern, 'Expected 1-100 letters, digits, dots, dashes and underscores.')
  .describe('Name of the secret, unique in its project: what `secret://` is followed by.');

export const secretRef = z.strictObject({ project, name });

/** The schema takes any value, so that no refusal of it quotes what was sent: `putSecret` checks it. */
const value = z.unknown().meta({
  type: 'string',
  minLength: shortestSecret,
  description: `The secret: text of ${shortestSecret} to ${longestSecret} bytes. No answer shows it again.`,
}) as unknown as z.ZodType<string, string>;

export const secretPutInput = secretRef.extend({ value, by });
export const secretListInput = z.strictObject({ project, limit, cursor });
export const secretRotateInput = z
  .strictObject({
    limit: z.number().int().min(1).max(500).default(100).describe('Most secrets to seal anew in this call.'),
    cursor,
  })
  .prefault({});
