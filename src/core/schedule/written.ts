import { z } from 'zod';
import { CarillonError } from '../errors.js';
import { type Schedule, scheduleSchema } from './schema.js';
import { crontabOf, readScheduleText } from './text.js';

type Bounds = Omit<Schedule, 'immediate' | 'at' | 'every' | 'cron' | 'rrule' | 'union'>;

/** A schedule in each of the ways it may be written; all become a {@link Schedule}. */
export type WrittenSchedule =
  | Schedule
  /** See {@link readScheduleText}. */
  | string
  /** `<second> <minute> <hour> <day-of-month>`. */
  | (Bounds & { crontab: string })
  /** Once: now (true), or at a time. */
  | (Bounds & { run_once: true | string });

/** Takes a {@link WrittenSchedule}, gives a {@link Schedule}: what is stored and told knows the one form only. */
export const writtenSchedule = z.preprocess((value, context) => {
  try {
    return plainForm(value);
  } catch (error) {
    if (!(error instanceof CarillonError)) throw error;
    const { field = 'schedule', value: input, hint } = error.details;
    const path = field.split('.').slice(1);
    context.addIssue({ code: 'custom', input, path, message: error.message, params: { code: error.code, hint } });
    return z.NEVER;
  }
}, scheduleSchema) as unknown as z.ZodType<Schedule, WrittenSchedule>;

function plainForm(value: unknown): unknown {
  if (typeof value === 'string') return readScheduleText(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const { crontab, run_once: once, ...rest } = value as Record<string, unknown>;
  return { ...rest, ...plainCrontab(crontab, rest), ...plainOnce(once, rest) };
}

function plainCrontab(crontab: unknown, rest: Record<string, unknown>): object {
  if (crontab === undefined) return {};
  if (typeof crontab !== 'string' || rest.cron !== undefined) {
    throw new CarillonError(
      'SCHEDULE_INVALID',
      'Expected `schedule.crontab` to be text of 4 fields, and no `cron` beside it.',
      { field: 'schedule.crontab', value: crontab, hint: 'Write it like `crontab: 0 30 9 *`.' },
    );
  }
  return crontabOf(crontab, 'schedule.crontab');
}

function plainOnce(once: unknown, rest: Record<string, unknown>): object {
  if (once === undefined) return {};
  if ((once !== true && typeof once !== 'string') || rest.at !== undefined || rest.immediate !== undefined) {
    throw new CarillonError(
      'SCHEDULE_INVALID',
      'Expected `schedule.run_once` to be true or a time, and no `at` or `immediate` beside it.',
      { field: 'schedule.run_once', value: once, hint: 'Write `run_once: true`, or a time.' },
    );
  }
  return once === true ? { immediate: true } : { at: once };
}
