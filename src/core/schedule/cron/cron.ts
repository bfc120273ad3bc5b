import { nextInterval, previousInterval } from '../interval.js';
import type { Dst } from '../schema.js';
import type { Zone } from '../zone.js';
import type { Cron } from './fields.js';
import { calendarEnd, calendarStart, nextLocal, previousLocal } from './local-times.js';

/*
 * Rules for the hours when the wall clock jumps:
 * - Fixed rate (the hour field takes every hour): every reading of the wall clock counts. Both passes of an overlap
 *   run, a gap has nothing to run.
 * - Otherwise `dst` decides about each local time that a gap swallows or that occurs twice.
 * Times are found segment by segment of the zone; within one, local time and UTC run in step.
 */
const dayMs = 86_400_000;
const firstInstant = calendarStart - dayMs;
const lastInstant = calendarEnd + dayMs;
/** A local time lies less than this from its instant, offset, shift and all, when both are read as UTC. */
const reach = 2 * dayMs;

/** First occurrence strictly after `after`; undefined when there is none. Instants in ms since the epoch. */
export function nextCron(cron: Cron, zone: Zone, dst: Dst, after: number): number | undefined {
  if (cron.every) return nextInterval(cron.every, 0, zone, dst, after);
  let from = Math.max(Math.floor(after / 1000) * 1000 + 1000, firstInstant);
  while (from < lastInstant) {
    const segment = zone.segmentAt(from);
    const { start, end, offset } = segment;
    const bent = !cron.fixedRate;
    const low = bent && segment.before > offset && dst.overlap === 'first' ? start + segment.before : 0;
    const high = bent && segment.after < offset && dst.overlap === 'last' ? end + segment.after : end + offset;
    const local = nextLocal(cron, Math.max(from + offset, low));
    let found = local !== undefined && local < high ? local - offset : Number.POSITIVE_INFINITY;
    if (bent && segment.before < offset && dst.gap === 'shift' && from < start + offset - segment.before) {
      const swallowed = nextLocal(cron, Math.max(start, from) + segment.before);
      if (swallowed !== undefined && swallowed < start + offset) found = Math.min(found, swallowed - segment.before);
    }
    if (bent && segment.after > offset && dst.gap === 'before' && swallowsAny(cron, segment)) {
      found = Math.min(found, end - 1000);
    }
    if (found !== Number.POSITIVE_INFINITY) return found;
    from = end;
    // Unless the clock goes back at the end of the segment, nothing is due before the next local time that matches.
    if (segment.after >= offset) {
      if (local === undefined) return undefined;
      from = Math.max(end, local - reach);
    }
  }
  return undefined;
}

/** Last occurrence strictly before `before`: the inverse of {@link nextCron}. */
export function previousCron(cron: Cron, zone: Zone, dst: Dst, before: number): number | undefined {
  if (cron.every) return previousInterval(cron.every, 0, zone, dst, before);
  let to = Math.min(Math.ceil(before / 1000) * 1000, lastInstant);
  while (to > firstInstant) {
    const segment = zone.segmentAt(to - 1000);
    const { start, end, offset } = segment;
    const bent = !cron.fixedRate;
    const low = start + (bent && dst.overlap === 'first' ? Math.max(offset, segment.before) : offset);
    const high = bent && dst.overlap === 'last' ? Math.min(to + offset, end + segment.after) : to + offset;
    const local = previousLocal(cron, high - 1000);
    let found = local !== undefined && local >= low ? local - offset : Number.NEGATIVE_INFINITY;
    if (bent && segment.before < offset && dst.gap === 'shift') {
      const swallowed = previousLocal(cron, Math.min(start + offset, to + segment.before) - 1000);
      if (swallowed !== undefined && swallowed >= start + segment.before) {
        found = Math.max(found, swallowed - segment.before);
      }
    }
    if (bent && segment.after > offset && dst.gap === 'before' && to === end && swallowsAny(cron, segment)) {
      found = end - 1000;
    }
    if (found !== Number.NEGATIVE_INFINITY) return found;
    to = start;
    if (segment.before <= offset) {
      if (local === undefined) return undefined;
      to = Math.min(start, local + reach);
    }
  }
  return undefined;
}

/** Whether the gap at the end of a segment swallows an occurrence. */
function swallowsAny(cron: Cron, { end, offset, after }: { end: number; offset: number; after: number }): boolean {
  const local = nextLocal(cron, end + offset);
  return local !== undefined && local < end + after;
}
