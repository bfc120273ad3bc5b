import { parseDuration } from '../duration.js';
import { isoTime } from '../ids.js';
import { type Occurrence, planSchedule } from '../schedule/schedule.js';
import type { NormalSchedule, Source } from '../schedule/schema.js';
import { Zone } from '../schedule/zone.js';
import type { BackfillOrder } from './states.js';

/** First width of a window looked at backwards; it follows the schedule's density. */
const firstWindowMs = 3_600_000;
/** A rare schedule is not planned for centuries beyond what is asked. An occurrence may move across the end, but no year. */
const beyondMs = 400 * 86_400_000;
/** Later years do not fit the form of a time. */
const latest = Date.UTC(9999, 11, 31);

/** Nominal times from `from` (inclusive) to `to` (exclusive), both ms. */
export interface Range {
  from: number;
  to: number;
  order: BackfillOrder;
}

export interface RangePage {
  /** In the range's order, the excluded ones among them. */
  occurrences: Occurrence[];
  /** What to ask on with. */
  cursor: number;
  done: boolean;
}

/**
 * A page of a schedule's occurrences in a range. Memory is bounded by `count`, however long the range.
 * @param cursor of the page before; undefined for the first
 */
export function pageOfRange(
  schedule: NormalSchedule,
  range: Range,
  cursor: number | undefined,
  count: number,
): RangePage {
  const whole = countedBack(schedule, range.from);
  return range.order === 'oldest' ? oldest(whole, range, cursor, count) : newest(whole, range, cursor, count);
}

function oldest(schedule: NormalSchedule, { from, to }: Range, cursor = from - 1, count: number): RangePage {
  const { occurrences, exhausted } = planSchedule(endingAfter(schedule, to), cursor, count);
  const inside = occurrences.filter(({ at }) => at < to);
  const done = exhausted || inside.length < occurrences.length || occurrences.length === 0;
  return { occurrences: inside, cursor: inside.at(-1)?.at ?? cursor, done };
}

/** Schedules are read forwards only: window by window towards the beginning, each read and turned round. */
function newest(schedule: NormalSchedule, { from, to }: Range, cursor = to, count: number): RangePage {
  const occurrences: Occurrence[] = [];
  let width = firstWindowMs;
  let end = cursor;
  while (end > from && occurrences.length < count) {
    const start = Math.max(from, end - width);
    const inside = within(schedule, start, end, 2 * count);
    if (inside === undefined) {
      width = Math.ceil((end - start) / 2);
      continue;
    }
    const taken = inside.reverse().slice(0, count - occurrences.length);
    occurrences.push(...taken);
    end = taken.length < inside.length ? (taken.at(-1) as Occurrence).at : start;
    if (inside.length < count / 4) width *= 4;
  }
  return { occurrences, cursor: end, done: end <= from };
}

/** All occurrences from `start` to before `end`; undefined when there are more than `bound`. */
function within(schedule: NormalSchedule, start: number, end: number, bound: number): Occurrence[] | undefined {
  const found: Occurrence[] = [];
  const ending = endingAfter(schedule, end);
  for (let after = start - 1; ; ) {
    const { occurrences, exhausted } = planSchedule(ending, after, bound);
    const inside = occurrences.filter(({ at }) => at < end);
    found.push(...inside);
    if (found.length > bound) return undefined;
    const last = occurrences.at(-1);
    if (exhausted || last === undefined || inside.length < occurrences.length) return found;
    after = last.at;
  }
}

function endingAfter(schedule: NormalSchedule, time: number): NormalSchedule {
  const end = Math.min(time + beyondMs, latest);
  return schedule.end !== undefined && Date.parse(schedule.end) <= end ? schedule : { ...schedule, end: isoTime(end) };
}

/**
 * An interval begins with its anchor, which by default is the creation of the job. A range before it counts back from
 * it, in steps of the interval. Months have no way back that keeps their ends, nor has a rule of recurrence: these begin
 * with their anchor.
 */
function countedBack(schedule: NormalSchedule, from: number): NormalSchedule {
  const { union, timezone } = schedule;
  const back = { ...schedule, anchor: earlierAnchor(schedule, timezone, from) };
  const sources = union?.map((source) => ({ ...source, anchor: earlierAnchor(source, timezone, from) }));
  return sources ? { ...back, union: sources } : back;
}

function earlierAnchor(
  source: Pick<Source, 'every' | 'cron' | 'anchor' | 'timezone'>,
  outer: string | undefined,
  from: number,
): string | undefined {
  const { anchor } = source;
  const every = source.every ?? /@every\s+(\S+)\s*$/.exec(source.cron ?? '')?.[1];
  if (every === undefined || anchor === undefined || Date.parse(anchor) <= from) return anchor;
  const { months, days, ms } = parseDuration(every);
  if (months > 0 || (days > 0 && ms > 0)) return anchor;
  const steps = Math.ceil((Date.parse(anchor) - from) / (ms + days * 86_400_000)) + 1;
  if (days === 0) return isoTime(Date.parse(anchor) - steps * ms);
  const zone = Zone.of(source.timezone ?? outer ?? 'UTC');
  return isoTime(zone.fromLocal(zone.toLocal(Date.parse(anchor)) - steps * days * 86_400_000));
}
