import { type Duration, formatDuration, parseDuration } from '../duration.js';
import { CarillonError } from '../errors.js';
import { isoTime } from '../ids.js';
import { nextCron } from './cron.js';
import { parseCron } from './cron-fields.js';
import { nextInterval } from './interval.js';
import type { NormalSchedule, Resolved, Schedule } from './schema.js';
import { parseTime } from './time.js';
import { Zone } from './zone.js';

/** One due time, in ms since the epoch. The other fields are those of a plan entry. */
export interface Occurrence {
  at: number;
  effectiveAt?: number;
  excluded?: string;
  moved?: string;
}

/** A schedule as a function: the first nominal time strictly after an instant. Both in ms since the epoch. */
type Next = (after: number) => number | undefined;

/**
 * Checks a schedule and fixes what depends on the moment of submission: the zone's default, an interval's anchor, the
 * nominal time of an immediate run. Times become UTC, durations ISO 8601.
 * @throws CarillonError CRON_INVALID, TIMEZONE_UNKNOWN, TIME_INVALID, DURATION_INVALID or SCHEDULE_INVALID
 */
export function normaliseSchedule(schedule: Schedule, now: number, resolved: Resolved = { seed: '' }): NormalSchedule {
  const timezone = schedule.timezone ?? 'UTC';
  Zone.of(timezone, 'schedule.timezone');
  const time = (field: 'at' | 'anchor' | 'start' | 'end') => {
    const text = schedule[field];
    return text === undefined ? undefined : isoTime(parseTime(text as string, timezone, `schedule.${field}`));
  };
  const every = schedule.every && formatDuration(parseDuration(schedule.every, 'schedule.every'));
  if (schedule.every && shorterThanSecond(parseDuration(schedule.every))) {
    throw new CarillonError('SCHEDULE_INVALID', `Expected \`schedule.every\` of at least 1 s, got ${schedule.every}.`, {
      field: 'schedule.every',
      value: schedule.every,
      hint: 'For work below a second, start one run that loops.',
    });
  }
  const start = schedule.immediate ? isoTime(now) : time('start');
  const anchor = every && (time('anchor') ?? start ?? isoTime(Math.floor(now / 1000) * 1000));
  const normal = { ...schedule, timezone, every, at: time('at'), anchor, start, end: time('end'), resolved };
  if (schedule.cron !== undefined) parseCron(schedule.cron, { seed: resolved.seed, and: schedule.and });
  if (normal.start && normal.end && normal.end < normal.start) {
    throw new CarillonError('SCHEDULE_INVALID', 'Expected `schedule.end` not to be before `schedule.start`.', {
      field: 'schedule.end',
      value: schedule.end,
      hint: 'Swap the two, or leave one out.',
    });
  }
  return Object.fromEntries(Object.entries(normal).filter(([, value]) => value !== undefined)) as Schedule;
}

function shorterThanSecond({ months, days, ms }: Duration): boolean {
  return months === 0 && days === 0 && ms < 1000;
}

/**
 * The nominal times of a normalised schedule strictly after `after`, at most `count` of them, ascending.
 * `exhausted`: no further one will ever come.
 */
export function planSchedule(
  schedule: NormalSchedule,
  after: number,
  count: number,
): { occurrences: Occurrence[]; exhausted: boolean } {
  const next = compile(schedule);
  const occurrences: Occurrence[] = [];
  let cursor = after;
  while (occurrences.length < count) {
    const at = next(cursor);
    if (at === undefined) return { occurrences, exhausted: true };
    occurrences.push({ at });
    cursor = at;
  }
  return { occurrences, exhausted: next(cursor) === undefined };
}

/** {@link planSchedule} for those who ask for nominal times alone. */
export function plannedTimes(
  schedule: NormalSchedule,
  after: number,
  count: number,
): { times: number[]; exhausted: boolean } {
  const { occurrences, exhausted } = planSchedule(schedule, after, count);
  return { times: occurrences.filter(({ excluded }) => excluded === undefined).map(({ at }) => at), exhausted };
}

function compile(schedule: NormalSchedule): Next {
  const start = schedule.start === undefined ? Number.NEGATIVE_INFINITY : Date.parse(schedule.start);
  const end = schedule.end === undefined ? Number.POSITIVE_INFINITY : Date.parse(schedule.end);
  const next = occurrences(schedule, start);
  return (after) => {
    const time = next(Math.max(after, start - 1));
    return time !== undefined && time <= end ? time : undefined;
  };
}

function occurrences(schedule: NormalSchedule, start: number): Next {
  const zone = Zone.of(schedule.timezone ?? 'UTC');
  const dst = schedule.dst ?? { gap: 'shift', overlap: 'first' };
  if (schedule.immediate) return once(start);
  if (schedule.at !== undefined) return once(Date.parse(schedule.at as string));
  if (schedule.every !== undefined) {
    const every = parseDuration(schedule.every);
    const anchor = Date.parse(schedule.anchor as string);
    return (after) => nextInterval(every, anchor, zone, dst, after);
  }
  const cron = parseCron(schedule.cron as string, { seed: schedule.resolved?.seed, and: schedule.and });
  const cronZone = cron.timezone === undefined ? zone : Zone.of(cron.timezone);
  return (after) => nextCron(cron, cronZone, dst, after);
}

function once(time: number): Next {
  return (after) => (time > after ? time : undefined);
}
