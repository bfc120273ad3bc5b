import { z } from 'zod';
import { durationMs, parseDuration } from '../../../core/duration.js';
import { CarillonError } from '../../../core/errors.js';

export const connectionName = z.string().min(1).max(100).describe('Name of a configured database.');

export const statementText = z
  .string()
  .max(100_000)
  .refine((text) => text.trim() !== '', 'Expected a statement, got nothing.')
  .refine((text) => !/\0|\p{Surrogate}/u.test(text), 'Expected text without NUL and halves of surrogate pairs.');

/** A duration of hours, minutes, seconds or days, up to the longest timer there is. */
export const timeSpan = z.string().superRefine((text, context) => {
  try {
    if (durationMs(text) <= 2 ** 31 - 1) return;
    context.addIssue({ code: 'custom', message: 'Expected a duration of at most 24 days.' });
  } catch (error) {
    if (!(error instanceof CarillonError)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
  }
});

/** A duration in which months and years are allowed. */
export const age = z.string().superRefine((text, context) => {
  try {
    parseDuration(text);
  } catch (error) {
    if (!(error instanceof CarillonError)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
  }
});
