import { type Duration, parseDuration } from '../../duration.js';
import { cronWords } from '../cron/words.js';
import { isSource } from '../exclusion/exclusion.js';
import { rruleWords } from '../rrule/words.js';
import type { Exclusion, NormalSchedule, Schedule, Source } from '../schema.js';
import { contextOf, cronOf, zoneWithin } from '../source.js';
import { Zone } from '../zone.js';
import { joined } from './word-lists.js';

/** A normalised schedule as a sentence: "at 09:00, Monday through Friday, Europe/Berlin, except on holidays". */
export function describeSchedule(schedule: NormalSchedule): string {
  const bounds = [
    exclusionWords(schedule),
    schedule.start && !schedule.immediate ? `from ${schedule.start}` : '',
    schedule.end ? `until ${schedule.end}` : '',
    schedule.maxRuns ? `${schedule.maxRuns} ${schedule.maxRuns === 1 ? 'run' : 'runs'} at most` : '',
    schedule.jitter ? `up to ${jitterInWords(schedule.jitter)} later` : '',
    schedule.window ? `at a fixed moment within ${durationInWords(parseDuration(schedule.window), true)}` : '',
    dstWords(schedule),
  ];
  return [occurrences(schedule), ...bounds].filter(Boolean).join(', ');
}

function occurrences(schedule: NormalSchedule): string {
  if (schedule.immediate) return 'once, at once';
  if (schedule.union === undefined) return sourceWords(schedule, schedule, 'schedule');
  const said = schedule.union.map((source, index) => sourceWords(source, schedule, `schedule.union.${index}`));
  return said.length === 1 ? (said[0] as string) : said.map((words) => `(${words})`).join(' or ');
}

function sourceWords(source: Source, schedule: NormalSchedule, path: string): string {
  const { seed, timezone } = contextOf(schedule);
  const zone = source.timezone ?? zoneWithin(source, seed, path) ?? timezone;
  if (source.at !== undefined) {
    const times = [source.at].flat();
    return times.length === 1
      ? `once, at ${times[0]}`
      : `at ${times.length > 5 ? `${times.length} times, the first ${times[0]}` : joined(times)}`;
  }
  if (source.every !== undefined) return `every ${durationInWords(parseDuration(source.every))}`;
  if (source.rrule !== undefined) {
    const anchor = Date.parse(source.anchor ?? '1970-01-01T00:00:00Z');
    return `${rruleWords(source.rrule, anchor, Zone.of(zone), `${path}.rrule`)}, ${zone}`;
  }
  const cron = cronOf(source, seed, path);
  if (cron.every !== undefined) return `every ${durationInWords(cron.every)}`;
  return `${cronWords(source.cron as string, cron, source.and === true)}, ${zone}`;
}

function exclusionWords(schedule: NormalSchedule): string {
  const { exclude, onExcluded } = schedule;
  if (!exclude?.length) return '';
  const items = exclude.map((exclusion, index) => exclusionInWords(exclusion, schedule, `schedule.exclude.${index}`));
  const moved = onExcluded === 'next_working' || onExcluded === 'previous_working';
  const said = `except ${joined(items)}`;
  return moved ? `${said} (then on the ${onExcluded === 'next_working' ? 'next' : 'previous'} day that is not)` : said;
}

function exclusionInWords(exclusion: Exclusion, schedule: NormalSchedule, path: string): string {
  if ('calendar' in exclusion) return `calendar ${exclusion.calendar}`;
  if (isSource(exclusion)) return `(${sourceWords(exclusion, schedule, path)})`;
  if (exclusion.name) return exclusion.name;
  if ('date' in exclusion) return exclusion.date;
  if ('yearly' in exclusion) return `${exclusion.yearly} of each year`;
  return 'weekly' in exclusion ? exclusion.weekly : `${exclusion.from} to ${exclusion.to}`;
}

function dstWords({ dst }: Schedule): string {
  const gaps = {
    shift: '',
    skip: 'not at times the clock jumps over',
    before: 'just before a jump of the clock for times in it',
  };
  const overlaps = {
    first: '',
    last: 'at the second pass of a repeated time',
    both: 'at both passes of a repeated time',
  };
  return [gaps[dst?.gap ?? 'shift'], overlaps[dst?.overlap ?? 'first']].filter(Boolean).join(', ');
}

function jitterInWords(jitter: string): string {
  return jitter.endsWith('%') ? `${jitter} of the time to the next` : durationInWords(parseDuration(jitter), true);
}

/** @param counted say "1 hour", not "hour" */
function durationInWords({ months, days, ms }: Duration, counted = false): string {
  const parts: [number, string][] = [
    [Math.floor(months / 12), 'year'],
    [months % 12, 'month'],
    [days, 'day'],
    [Math.floor(ms / 3_600_000), 'hour'],
    [Math.floor((ms % 3_600_000) / 60_000), 'minute'],
    [(ms % 60_000) / 1000, 'second'],
  ];
  const said = parts.filter(([count]) => count > 0);
  const [only] = said;
  if (!counted && said.length === 1 && only?.[0] === 1) return only[1];
  return said.map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`).join(' ');
}
