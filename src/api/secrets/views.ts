import { z } from 'zod';
import { nextCursor, time } from '../views.js';

export const secretView = z.object({
  project: z.string().describe('Project of the secret.'),
  name: z.string().describe('Name, unique in the project.'),
  version: z.number().describe('1 at first, one more with every value.'),
  keyId: z.string().describe('Id of the key it is sealed with.'),
  createdAt: time.describe('When its first value came.'),
  createdBy: z.string().optional().describe('Who gave its first value.'),
  updatedAt: time.describe('When this value came.'),
  updatedBy: z.string().optional().describe('Who gave this value.'),
});
export type SecretView = z.output<typeof secretView>;

export const secretPage = z.object({
  items: z.array(secretView).describe('The secrets of this page.'),
  nextCursor,
});

export const secretDeletedView = z.object({ deleted: z.literal(true).describe('It is gone.') });

export const secretRotateView = z.object({
  keyId: z.string().describe('Id of the key that seals now.'),
  rotated: z.number().describe('Secrets that this call sealed anew.'),
  unreadable: z
    .array(
      z.object({
        project: z.string().describe('Project of the secret.'),
        name: z.string().describe('Name of the secret.'),
        code: z.string().describe('Why: ENCRYPTION_KEY_UNKNOWN or DECRYPTION_FAILED.'),
      }),
    )
    .describe('Secrets that this process cannot open; they stay as they are.'),
  nextCursor: nextCursor.describe('For the next call; null when every secret was looked at.'),
});
export type SecretRotateView = z.output<typeof secretRotateView>;
