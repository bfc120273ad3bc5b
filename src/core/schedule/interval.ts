import type { Duration } from '../duration.js';
import type { Zone } from './zone.js';

const averageMonth = 30.436875 * 86_400_000;

/**
 * First occurrence strictly after `after`: the anchor plus a whole number of intervals, the anchor itself being the
 * first. Days and months are counted on the zone's calendar from the anchor, so that they neither drift nor
 * accumulate clamped month ends (31 January, 28 February, 31 March).
 */
export function nextInterval(every: Duration, anchor: number, zone: Zone, after: number): number {
  if (after < anchor) return anchor;
  if (every.days === 0 && every.months === 0) return anchor + (Math.floor((after - anchor) / every.ms) + 1) * every.ms;
  const average = every.months * averageMonth + every.days * 86_400_000 + every.ms;
  // A month differs from the average by less than three days: start low, step up to the first that is later.
  let count = Math.max(0, Math.floor((after - anchor - 3 * 86_400_000) / average) - 1);
  let time = occurrence(every, anchor, zone, count);
  while (time <= after) time = occurrence(every, anchor, zone, ++count);
  return time;
}

function occurrence(every: Duration, anchor: number, zone: Zone, count: number): number {
  const local = new Date(zone.toLocal(anchor));
  const date = local.getUTCDate();
  local.setUTCDate(1);
  local.setUTCMonth(local.getUTCMonth() + count * every.months);
  local.setUTCDate(Math.min(date, daysInMonth(local)));
  return zone.fromLocal(local.getTime() + count * every.days * 86_400_000) + count * every.ms;
}

function daysInMonth(date: Date): number {
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
}
