import { z } from 'zod';
import { parseDuration } from './duration.js';
import { CarillonError } from './errors.js';

/** Text that is a duration: ISO 8601 (`PT1H30M`) or short (`1h30m`). Stored as it was written. */
export const duration = (what: string) =>
  z
    .string()
    .superRefine((text, context) => {
      try {
        parseDuration(text, 'duration');
      } catch (error) {
        if (!(error instanceof CarillonError)) throw error;
        context.addIssue({ code: 'custom', message: `${error.message} ${error.details.hint}` });
      }
    })
    .describe(what);
