import { type Duration, parseDuration } from '../duration.js';
import { nextCron } from './cron/cron.js';
import { type Cron, parseCron } from './cron/fields.js';
import { nextInterval } from './interval.js';
import { compileRrule } from './rrule/rrule.js';
import { readRrule } from './rrule/text.js';
import type { Dst, NormalSchedule, Source } from './schema.js';
import { Zone } from './zone.js';

/** First time strictly after an instant. Both in ms since the epoch. */
export type Next = (after: number) => number | undefined;

export const defaultDst: Dst = { gap: 'shift', overlap: 'first' };

/** What a source is read with. */
export interface SourceContext {
  /** Zone of a source that names none. */
  timezone: string;
  dst: Dst;
  /** What `H` is drawn from. */
  seed: string;
}

/** A source ready to be asked. */
export interface CompiledSource {
  next: Next;
  zone: Zone;
  cron?: Cron;
}

export function contextOf(schedule: NormalSchedule): SourceContext {
  const { timezone = 'UTC', dst, resolved } = schedule;
  return { timezone, dst: { ...defaultDst, ...dst }, seed: resolved?.seed ?? '' };
}

/** Reads the cron expression of a source. @throws CarillonError CRON_INVALID */
export function cronOf(source: Source, seed: string, path: string): Cron {
  return parseCron(source.cron as string, { field: `${path}.cron`, seed, and: source.and === true });
}

/** The zone that an expression names itself: `CRON_TZ=…`, `DTSTART;TZID=…`. */
export function zoneWithin(source: Source, seed: string, path: string): string | undefined {
  if (source.cron !== undefined) return cronOf(source, seed, path).timezone;
  return source.rrule === undefined ? undefined : readRrule(source.rrule, `${path}.rrule`).timezone;
}

/**
 * Makes a function of a normalised source.
 * @param path where the source stands, for errors
 */
export function compileSource(source: Source, context: SourceContext, path: string): CompiledSource {
  const { dst, seed } = context;
  const zoneOf = (own?: string) => Zone.of(source.timezone ?? own ?? context.timezone, `${path}.timezone`);
  const anchor = source.anchor === undefined ? 0 : Date.parse(source.anchor);
  if (source.at !== undefined)
    return { next: nextOf([source.at].flat().map((time) => Date.parse(time))), zone: zoneOf() };
  if (source.every !== undefined) {
    const zone = zoneOf();
    return { next: interval(parseDuration(source.every), anchor, zone, dst), zone };
  }
  if (source.rrule !== undefined) {
    const zone = zoneOf(readRrule(source.rrule, `${path}.rrule`).timezone);
    return { next: compileRrule(source.rrule, { zone, dst, anchor }, `${path}.rrule`), zone };
  }
  const cron = cronOf(source, seed, path);
  const zone = zoneOf(cron.timezone);
  if (cron.every !== undefined) return { next: interval(cron.every, anchor, zone, dst), zone, cron };
  return { next: (after) => nextCron(cron, zone, dst, after), zone, cron };
}

/** Whenever one of them is due; once, if several are. */
export function merge(sources: Next[]): Next {
  if (sources.length === 1) return sources[0] as Next;
  return (after) => {
    let first: number | undefined;
    for (const next of sources) {
      const time = next(after);
      if (time !== undefined && (first === undefined || time < first)) first = time;
    }
    return first;
  };
}

function interval(every: Duration, anchor: number, zone: Zone, dst: Dst): Next {
  return (after) => nextInterval(every, anchor, zone, dst, after);
}

function nextOf(times: number[]): Next {
  return (after) => times.find((time) => time > after);
}
