import type { CronFields } from './cron-fields.js';
import type { Segment, Zone } from './zone.js';

/*
 * Rules for the two hours a year when the wall clock jumps:
 * - The hour field is unrestricted (every n minutes, hourly): every reading of the wall clock counts. Both passes of
 *   an overlap run, a gap has nothing to run.
 * - Otherwise each local time runs exactly once: in an overlap in the first pass, in a gap moved forward by its length.
 */
const everyHour = (1n << 24n) - 1n;
const dayMs = 86_400_000;
/** The longest wait of a satisfiable expression is 40 years: 29 February on one weekday, across the year 2100. */
const horizonMs = 41 * 366 * dayMs;

/** First occurrence strictly after `after` (ms since the epoch); undefined when there is none. */
export function nextCron(fields: CronFields, zone: Zone, after: number): number | undefined {
  let from = Math.floor(after / 1000) * 1000 + 1000;
  const limit = from + horizonMs;
  while (from <= limit) {
    const segment = zone.segmentAt(from);
    const found = nextInSegment(fields, zone, segment, from);
    if (found !== undefined) return found;
    from = segment.end;
  }
  return undefined;
}

function nextInSegment(fields: CronFields, zone: Zone, segment: Segment, from: number): number | undefined {
  const { start, end, offset } = segment;
  let localFrom = from + offset;
  let moved: number | undefined;
  if (fields.hour !== everyHour) {
    const before = zone.segmentAt(start - 1).offset;
    if (offset < before) localFrom = Math.max(localFrom, start + before);
    if (offset > before) {
      const swallowed = nextLocal(fields, Math.max(start, from) + before, start + offset - 1);
      if (swallowed !== undefined) moved = swallowed - before;
    }
  }
  const local = nextLocal(fields, localFrom, end + offset - 1);
  const regular = local === undefined ? undefined : local - offset;
  return moved === undefined || (regular !== undefined && regular < moved) ? regular : moved;
}

/** First matching local time in [from, to]; local times are ms to be read with UTC getters. */
function nextLocal(fields: CronFields, from: number, to: number): number | undefined {
  let day = Math.floor(from / dayMs) * dayMs;
  let time = timeOnDay(fields, Math.ceil((from - day) / 1000));
  for (; day <= to; day += dayMs, time = timeOnDay(fields, 0)) {
    const date = new Date(day);
    if (!has(fields.month, date.getUTCMonth() + 1)) {
      day = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) - dayMs;
      continue;
    }
    if (time === undefined || !matchesDay(fields, date)) continue;
    const local = day + time * 1000;
    return local <= to ? local : undefined;
  }
  return undefined;
}

function matchesDay(fields: CronFields, date: Date): boolean {
  const inMonth = has(fields.dayOfMonth, date.getUTCDate());
  const inWeek = has(fields.dayOfWeek, date.getUTCDay());
  return fields.eitherDay ? inMonth || inWeek : inMonth && inWeek;
}

/** Smallest matching second of the day that is at least `from`. */
function timeOnDay(fields: CronFields, from: number): number | undefined {
  const hour = Math.floor(from / 3600);
  const minute = Math.floor((from % 3600) / 60);
  if (has(fields.hour, hour)) {
    if (has(fields.minute, minute)) {
      const second = lowest(fields.second, from % 60);
      if (second !== undefined) return hour * 3600 + minute * 60 + second;
    }
    const later = lowest(fields.minute, minute + 1);
    if (later !== undefined) return hour * 3600 + later * 60 + (lowest(fields.second, 0) as number);
  }
  const later = lowest(fields.hour, hour + 1);
  return later === undefined
    ? undefined
    : later * 3600 + (lowest(fields.minute, 0) as number) * 60 + (lowest(fields.second, 0) as number);
}

function has(set: bigint, value: number): boolean {
  return ((set >> BigInt(value)) & 1n) === 1n;
}

/** The lowest member of the set that is at least `from`. */
function lowest(set: bigint, from: number): number | undefined {
  for (let value = from; value < 64; value++) if (has(set, value)) return value;
  return undefined;
}
