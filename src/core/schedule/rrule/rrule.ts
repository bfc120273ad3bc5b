import type { Dst } from '../schema.js';
import type { Zone } from '../zone.js';
import { localTimes } from './days.js';
import { invalid, type RruleText, type RruleTime, readRrule } from './text.js';

const dayMs = 86_400_000;

/** What a rule is read with: the zone of its local times, the rules for changes of the clock, where it begins. */
export interface RruleContext {
  zone: Zone;
  dst: Dst;
  /** The instant the rule counts from, unless it has a DTSTART. */
  anchor: number;
}

/**
 * A recurrence rule as a function: its first instant strictly after one. Answers fastest when asked in ascending order.
 * @param field path of the text, for errors
 * @throws CarillonError RRULE_INVALID
 */
export function compileRrule(
  text: string,
  context: RruleContext,
  field: string,
): (after: number) => number | undefined {
  const read = readRrule(text, field);
  const start = read.start ? instantOf(read.start, context.zone) : context.anchor;
  const startLocal = Math.floor(context.zone.toLocal(start) / 1000) * 1000;
  const dst = isFixedRate(read) ? ({ gap: 'skip', overlap: 'both' } as const) : context.dst;
  const except = exceptions(read, context.zone);
  const also = read.also
    .map((time) => instantOf(time, context.zone))
    .filter((instant) => !except(instant))
    .sort((a, b) => a - b);
  const instants = (after: number) => ruleInstants(read, startLocal, context.zone, dst, after);
  const nextOfRule = resumable((after) => filtered(instants(after), except));
  return (after) => {
    const extra = also.find((instant) => instant > after);
    const regular = nextOfRule(after);
    return extra === undefined || (regular !== undefined && regular < extra) ? regular : extra;
  };
}

/** Reads a rule and makes sure that it has an occurrence. Its own zone, if its DTSTART names one. */
export function checkRrule(text: string, context: RruleContext, field: string): void {
  const next = compileRrule(text, context, field);
  if (next(Date.UTC(1900, 0)) === undefined)
    throw invalid(text, field, 'Expected a rule that matches a date, this one never does');
}

/** Every n minutes or seconds of the hour, or hourly: every reading of the wall clock counts. */
function isFixedRate({ rule }: RruleText): boolean {
  const { frequency, interval } = rule;
  if (rule.hour) return false;
  if (frequency === 'HOURLY') return interval === 1;
  if (frequency === 'MINUTELY') return 60 % interval === 0;
  return frequency === 'SECONDLY' && 3600 % interval === 0;
}

function instantOf(time: RruleTime, zone: Zone): number {
  return time.utc ? time.local : zone.fromLocal(time.local);
}

function exceptions({ except }: RruleText, zone: Zone): (instant: number) => boolean {
  const days = new Set(except.filter(({ dateOnly }) => dateOnly).map(({ local }) => local));
  const instants = new Set(except.filter(({ dateOnly }) => !dateOnly).map((time) => instantOf(time, zone)));
  if (except.length === 0) return () => false;
  return (instant) => instants.has(instant) || days.has(Math.floor(zone.toLocal(instant) / dayMs) * dayMs);
}

/**
 * Instants of the rule strictly after `after`, ascending. A gap moves local times past later ones, and an overlap
 * doubles them: so an instant waits until no later local time can come before it.
 */
function* ruleInstants(
  { rule }: RruleText,
  startLocal: number,
  zone: Zone,
  dst: Dst,
  after: number,
): Generator<number> {
  // What is counted has to be counted from the start.
  const from = rule.count === undefined ? Math.max(startLocal, earliestLocal(zone, after)) : startLocal;
  const until = rule.until && (rule.until.dateOnly ? rule.until.local + dayMs - 1000 : rule.until.local);
  let waiting: number[] = [];
  let counted = 0;
  for (const local of localTimes(rule, startLocal, from)) {
    if (rule.count !== undefined && ++counted > rule.count) break;
    if (until !== undefined && !rule.until?.utc && local > until) break;
    const floor = zone.instantsOf(local, { gap: 'before', overlap: dst.overlap })[0] as number;
    if (until !== undefined && rule.until?.utc && floor > until) break;
    if (waiting.length > 0 && (waiting[0] as number) < floor) {
      yield* waiting.filter((instant) => instant < floor && instant > after);
      waiting = waiting.filter((instant) => instant >= floor);
    }
    for (const instant of zone.instantsOf(local, dst)) {
      if (waiting.includes(instant) || instant <= after) continue;
      if (until === undefined || !rule.until?.utc || instant <= until) waiting.push(instant);
    }
    waiting.sort((a, b) => a - b);
  }
  yield* waiting;
}

/** The first local time whose instant may come after `after`: just after a change of the clock, one that is repeated or was swallowed. */
function earliestLocal(zone: Zone, after: number): number {
  const { start, offset } = zone.segmentAt(after);
  const before = zone.segmentAt(start - 1).offset;
  return after < start + Math.abs(offset - before) ? start + Math.min(offset, before) : after + offset;
}

function* filtered(instants: Iterable<number>, except: (instant: number) => boolean): Generator<number> {
  for (const instant of instants) if (!except(instant)) yield instant;
}

/** Turns ascending instants into a function that goes on where it was, and begins anew for what is past or far ahead. */
function resumable(instantsAfter: (after: number) => Generator<number>): (after: number) => number | undefined {
  let instants: Generator<number> | undefined;
  let from = 0;
  let current: number | undefined;
  return (after) => {
    for (let step = 0; ; step++) {
      if (instants === undefined || after < from || step > 200) {
        instants = instantsAfter(after);
        current = instants.next().value;
        step = 0;
      }
      from = after;
      if (current === undefined || current > after) return current;
      current = instants.next().value;
    }
  };
}
