import type { Duration } from '../duration.js';
import type { Dst } from './schema.js';
import type { Zone } from './zone.js';

const averageMonth = 30.436875 * 86_400_000;
/** Whole months differ from so many average ones by less than this. */
const monthSlack = 3 * 86_400_000;

/**
 * First occurrence strictly after `after`: the anchor plus a whole number of intervals, the anchor itself being the
 * first. Days and months are counted on the zone's calendar from the anchor, so that they neither drift nor
 * accumulate clamped month ends (31 January, 28 February, 31 March). Instants in ms since the epoch.
 */
export function nextInterval(every: Duration, anchor: number, zone: Zone, dst: Dst, after: number): number {
  if (after < anchor) return anchor;
  if (isExact(every)) return anchor + (Math.floor((after - anchor) / every.ms) + 1) * every.ms;
  for (let count = Math.max(0, Math.floor((after - anchor - monthSlack) / average(every)) - 1); ; count++) {
    for (const time of occurrences(every, anchor, zone, dst, count)) if (time > after) return time;
  }
}

/** Last occurrence strictly before `before`; undefined when the anchor is not before it. */
export function previousInterval(
  every: Duration,
  anchor: number,
  zone: Zone,
  dst: Dst,
  before: number,
): number | undefined {
  if (before <= anchor) return undefined;
  if (isExact(every)) return anchor + (Math.ceil((before - anchor) / every.ms) - 1) * every.ms;
  for (let count = Math.floor((before - anchor + monthSlack) / average(every)) + 1; count > 0; count--) {
    for (const time of occurrences(every, anchor, zone, dst, count).reverse()) if (time < before) return time;
  }
  return anchor;
}

function isExact({ days, months }: Duration): boolean {
  return days === 0 && months === 0;
}

function average({ months, days, ms }: Duration): number {
  return months * averageMonth + days * 86_400_000 + ms;
}

/** When the interval is over for the `count`-th time: once, or as often as the rules say where the clock jumps. */
function occurrences(every: Duration, anchor: number, zone: Zone, dst: Dst, count: number): number[] {
  if (count === 0) return [anchor];
  const local = new Date(zone.toLocal(anchor));
  const date = local.getUTCDate();
  local.setUTCDate(1);
  local.setUTCMonth(local.getUTCMonth() + count * every.months);
  local.setUTCDate(Math.min(date, daysInMonth(local)));
  const instants = zone.instantsOf(local.getTime() + count * every.days * 86_400_000, dst);
  // No occurrence precedes the anchor, though its local time may have been read in the second pass of an overlap.
  return instants.map((instant) => instant + count * every.ms).filter((instant) => instant > anchor);
}

function daysInMonth(date: Date): number {
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
}
