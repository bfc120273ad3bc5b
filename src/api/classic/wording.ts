import { z } from 'zod';
import { CarillonError } from '../../core/errors.js';
import type { Schedule } from '../../core/schedule/schema.js';
import { readScheduleText } from '../../core/schedule/text.js';
import { frequencyWords, jobTypes, priorityWords } from './statuses.js';

/** The task of a job type: `HTTP`, `webhook`, or the name of a task as it is. */
export function taskOf(jobType: string, known: (name: string) => boolean): string {
  if (known(jobType)) return jobType;
  const word = jobType.toLowerCase().replaceAll('-', '_');
  return jobTypes[word] ?? (known(jobType.toLowerCase()) ? jobType.toLowerCase() : jobType);
}

/** `high`, `medium`, `low`, or 1 (most urgent) to 5. */
export const priority = z
  .union([
    z.number().int().min(1).max(5),
    z
      .string()
      .transform((text) => (/^[1-5]$/.test(text) ? Number(text) : text.toLowerCase()))
      .pipe(z.union([z.number(), z.enum(['high', 'medium', 'low'])])),
  ])
  .transform((given) => (typeof given === 'number' ? given : priorityWords[given]));

/**
 * Once at a time, or again and again from then on; without a time: now, or from now on.
 * @param frequency `once`, a word such as `daily`, a cron expression or a duration
 * @throws CarillonError SCHEDULE_INVALID, CRON_INVALID, DURATION_INVALID about `frequency`
 */
export function scheduleOf(time: string | undefined, frequency: string | undefined): Schedule {
  const word = frequency?.trim().toLowerCase();
  if (frequency === undefined || word === 'once') return time === undefined ? { immediate: true } : { at: time };
  const every = frequencyWords[word ?? ''];
  const schedule = every === undefined ? readScheduleText(frequency, 'frequency') : { every };
  if (schedule.at !== undefined || schedule.immediate !== undefined) {
    throw new CarillonError('SCHEDULE_INVALID', 'Expected `frequency` to say how often, got a single time.', {
      field: 'frequency',
      value: frequency,
      hint: 'Write `once` and the time as the execution time; or daily, 1h30m, 0 3 * * *.',
    });
  }
  if (time === undefined) return schedule;
  return { ...schedule, start: time, ...(schedule.every !== undefined && { anchor: time }) };
}
