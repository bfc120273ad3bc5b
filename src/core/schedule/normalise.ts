import { type Duration, durationMs, formatDuration, parseDuration } from '../duration.js';
import { CarillonError } from '../errors.js';
import { isoTime } from '../ids.js';
import { calendarNamed, compileRules } from './exclusion/calendar.js';
import { compileExclusions, isSource } from './exclusion/exclusion.js';
import { maximumMovedPerDay } from './exclusion/moving.js';
import { readJitter } from './jitter.js';
import { checkRrule } from './rrule/rrule.js';
import { readRrule } from './rrule/text.js';
import { baseOf } from './schedule.js';
import type { Dst, Exclusion, NormalSchedule, Resolved, Schedule, Source } from './schema.js';
import { cronOf, defaultDst, zoneWithin } from './source.js';
import { parseTime, parseTimes } from './time.js';
import { Zone } from './zone.js';

/** What the sources of a schedule are normalised with. */
interface Context {
  timezone: string;
  dst: Dst;
  seed: string;
  /** Where intervals and rules begin that do not say so themselves. */
  begin: number;
  /** Paths of the fields that were filled in. */
  added: string[];
}

/**
 * Checks a schedule and fixes what depends on the moment of submission: the zone's default, the anchor of intervals and
 * rules, the nominal time of an immediate run, the calendars it names. Times become UTC, durations ISO 8601.
 * @param now ms since the epoch
 * @throws CarillonError CRON_INVALID, RRULE_INVALID, TIMEZONE_UNKNOWN, TIME_INVALID, DURATION_INVALID,
 * CALENDAR_NOT_FOUND, CALENDAR_INVALID or SCHEDULE_INVALID
 */
export function normaliseSchedule(schedule: Schedule, now: number, resolved: Resolved = { seed: '' }): NormalSchedule {
  const added: string[] = [];
  const { seed } = resolved;
  const dst = { ...defaultDst, ...schedule.dst };
  const timezone = zoneOf(schedule, seed, 'schedule') ?? 'UTC';
  if (schedule.timezone === undefined) added.push('timezone');
  const time = (field: 'start' | 'end') =>
    schedule[field] === undefined ? undefined : parseTime(schedule[field], timezone, `schedule.${field}`);
  const start = schedule.immediate ? now : time('start');
  if (schedule.immediate) added.push('start');
  const end = time('end');
  if (start !== undefined && end !== undefined && end < start) {
    throw invalid(
      'schedule.end',
      schedule.end,
      'Expected `schedule.end` not to be before `schedule.start`.',
      'Swap the two, or leave one out.',
    );
  }
  const begin = start ?? Math.floor(now / 1000) * 1000;
  const context: Context = { timezone, dst, seed, begin, added };
  const normal: NormalSchedule = {
    ...schedule,
    ...(schedule.immediate ? {} : normaliseKind(schedule, context)),
    timezone,
    start: start === undefined ? undefined : isoTime(start),
    end: end === undefined ? undefined : isoTime(end),
    exclude: schedule.exclude?.map((exclusion, index) => normaliseExclusion(exclusion, index, context, resolved)),
    jitter: schedule.jitter && normaliseJitter(schedule.jitter),
    window: schedule.window && formatDuration(durationMs(schedule.window, 'schedule.window')),
    resolved: { ...resolved, ...(added.length > 0 && { added }) },
  };
  const result = defined(normal);
  compileExclusions(result);
  if (schedule.onExcluded !== undefined && schedule.onExcluded !== 'skip') checkDensity(result, now);
  return result;
}

/**
 * A schedule as it was submitted, in its normal form: without what normalising filled in. Submitted again, it is the same.
 */
export function submittedSchedule({ resolved, ...schedule }: NormalSchedule): Schedule {
  const copy = structuredClone(schedule) as Record<string, unknown>;
  for (const path of resolved?.added ?? []) {
    const names = path.split('.');
    const last = names.pop() as string;
    const owner = names.reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], copy);
    if (owner) delete (owner as Record<string, unknown>)[last];
  }
  return copy as Schedule;
}

function normaliseKind(schedule: Schedule, context: Context): Schedule {
  if (schedule.union === undefined) return normaliseSource(schedule, '', context) as Schedule;
  return {
    ...schedule,
    union: schedule.union.map((source, index) => normaliseSource(source, `union.${index}`, context)),
  };
}

/** @param path where the source stands below `schedule`; empty for the schedule itself */
function normaliseSource<Kind extends Source>(source: Kind, path: string, context: Context): Kind {
  const full = path ? `schedule.${path}` : 'schedule';
  const timezone = zoneOf(source, context.seed, full) ?? context.timezone;
  const { at, every, cron, rrule } = source;
  const field = (name: string) => `${full}.${name}`;
  const ofCron = cron === undefined ? undefined : cronOf(source, context.seed, full).every;
  const started = rrule !== undefined && readRrule(rrule, field('rrule')).start !== undefined;
  if (started && source.anchor !== undefined) {
    throw invalid(
      field('anchor'),
      source.anchor,
      `Expected \`${field('anchor')}\` or DTSTART in the rule, not both.`,
      'Leave one out.',
    );
  }
  const interval = every === undefined ? ofCron : parseDuration(every, field('every'));
  if (interval) checkInterval(interval, field(every === undefined ? 'cron' : 'every'), every ?? cron);
  const anchored = interval !== undefined || (rrule !== undefined && !started);
  const anchor = anchored ? anchorOf(source, timezone, field('anchor'), context, path) : undefined;
  if (rrule !== undefined) {
    const begin = anchor === undefined ? 0 : Date.parse(anchor);
    checkRrule(rrule, { zone: Zone.of(timezone), dst: context.dst, anchor: begin }, field('rrule'));
  }
  return defined({
    ...source,
    at: at === undefined ? undefined : timesOf(at, timezone, field('at'), context.dst),
    every: every === undefined ? undefined : formatDuration(interval as Duration),
    anchor,
  });
}

function anchorOf(source: Source, timezone: string, field: string, context: Context, path: string): string {
  if (source.anchor !== undefined) return isoTime(parseTime(source.anchor, timezone, field));
  context.added.push(path ? `${path}.anchor` : 'anchor');
  return isoTime(context.begin);
}

/** The zone a source names, in its field or in its expression; undefined if it names none. */
function zoneOf(source: Schedule | Source, seed: string, path: string): string | undefined {
  const within = zoneWithin(source, seed, path);
  if (source.timezone !== undefined) Zone.of(source.timezone, `${path}.timezone`);
  if (within === undefined) return source.timezone;
  Zone.of(within, source.cron === undefined ? `${path}.rrule` : `${path}.cron`);
  if (source.timezone === undefined || source.timezone === within) return within;
  const said = `Expected one time zone, got ${within} in the expression and ${source.timezone} in \`${path}.timezone\`.`;
  throw invalid(`${path}.timezone`, source.timezone, said, 'Leave one of the two out.');
}

/** Times in order, each once. */
function timesOf(at: string | string[], timezone: string, field: string, dst: Dst): string | string[] {
  const list = Array.isArray(at);
  const instants = [at]
    .flat()
    .flatMap((text, index) => parseTimes(text, timezone, list ? `${field}.${index}` : field, dst));
  const times = [...new Set(instants)].sort((a, b) => a - b).map(isoTime);
  return times.length === 1 ? (times[0] as string) : times;
}

function checkInterval({ months, days, ms }: Duration, field: string, value: unknown): void {
  if (months > 0 || days > 0 || ms >= 1000) return;
  throw invalid(
    field,
    value,
    `Expected \`${field}\` of at least 1 s, got ${value}.`,
    'For work below a second, start one run that loops.',
  );
}

function normaliseExclusion(exclusion: Exclusion, index: number, context: Context, resolved: Resolved): Exclusion {
  const path = `exclude.${index}`;
  if ('calendar' in exclusion) {
    calendarNamed(exclusion.calendar, resolved.calendars, `schedule.${path}.calendar`);
    return exclusion;
  }
  if (isSource(exclusion)) return normaliseSource(exclusion, path, context);
  compileRules([exclusion], () => `schedule.${path}`);
  return exclusion;
}

function normaliseJitter(text: string): string {
  const jitter = readJitter(text, 'schedule.jitter');
  return 'ms' in jitter ? formatDuration(jitter.ms) : text.replace(/\s+/g, '');
}

/** Moving looks at a year of occurrences: more than a few a day would make planning slow, and moving mean little. */
function checkDensity(schedule: NormalSchedule, now: number): void {
  const next = baseOf(schedule);
  let at = next(now);
  const first = at;
  for (let count = 0; at !== undefined && count < maximumMovedPerDay; count++) at = next(at);
  if (first === undefined || at === undefined || at - first >= 86_400_000) return;
  const said = `Expected \`schedule.onExcluded\` to be skip where there are more than ${maximumMovedPerDay} occurrences in 24 hours.`;
  throw invalid('schedule.onExcluded', schedule.onExcluded, said, 'Use skip, or a schedule with fewer occurrences.');
}

function defined<Value extends object>(value: Value): Value {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Value;
}

function invalid(field: string, value: unknown, message: string, hint: string): CarillonError {
  return new CarillonError('SCHEDULE_INVALID', message, { field, value, hint });
}
