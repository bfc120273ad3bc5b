import { CarillonError, show } from '../errors.js';
import { isoTime } from '../ids.js';
import type { Dst } from './schema.js';
import { Zone } from './zone.js';

const pattern =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?(Z|[+-]\d\d:?\d\d)?(?:\[([A-Za-z][\w/+-]*)\])?$/;

/**
 * Reads an ISO 8601 time into milliseconds since the epoch: with an offset (`2026-12-01T09:00:00+01:00`), with a zone
 * (`2026-12-01T09:00[Europe/Berlin]`), or as a local time of `timezone`. Throws TIME_INVALID or TIMEZONE_UNKNOWN.
 */
export function parseTime(text: string, timezone: string, field: string): number {
  const { local, offset, zone } = readTime(text, timezone, field);
  return zone ? zone.fromLocal(local) : local - offset;
}

/**
 * {@link parseTime} by the rules of a schedule for changes of the clock: a local time that occurs twice may mean both.
 * One that a gap swallows, where gaps are to be skipped, is refused.
 */
export function parseTimes(text: string, timezone: string, field: string, dst: Dst): number[] {
  const { local, offset, zone } = readTime(text, timezone, field);
  if (!zone) return [local - offset];
  const instants = zone.instantsOf(local, dst);
  if (instants.length > 0) return instants;
  throw new CarillonError(
    'TIME_INVALID',
    `Expected \`${field}\` to be a time that exists, got ${show(text)}: the clock jumps over it.`,
    {
      field,
      value: text,
      hint: 'Write another time, or `dst: {gap: shift}`.',
    },
  );
}

/** A local time with either the zone or the offset it is in. */
function readTime(text: string, timezone: string, field: string): { local: number; offset: number; zone?: Zone } {
  const part = pattern.exec(text.trim());
  if (!part) throw invalid(text, field);
  const [, year, month, date, hour = '0', minute = '0', second = '0', fraction = '', offset, zone] = part;
  const millis = Number(fraction.padEnd(3, '0').slice(0, 3));
  const local = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(date),
    Number(hour),
    Number(minute),
    Number(second),
    millis,
  );
  const read = new Date(local);
  // Date.UTC rolls over what does not exist; the 31st of February must not become the 3rd of March.
  const exact = [
    read.getUTCMonth() + 1,
    read.getUTCDate(),
    read.getUTCHours(),
    read.getUTCMinutes(),
    read.getUTCSeconds(),
  ];
  if (exact.some((value, index) => value !== Number([month, date, hour, minute, second][index])))
    throw invalid(text, field);
  if (offset) return { local, offset: offsetMs(offset) };
  return { local, offset: 0, zone: Zone.of(zone ?? timezone, zone ? field : 'schedule.timezone') };
}

function offsetMs(offset: string): number {
  if (offset === 'Z') return 0;
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(-2));
  return (offset.startsWith('-') ? -minutes : minutes) * 60_000;
}

function invalid(text: string, field: string): CarillonError {
  return new CarillonError('TIME_INVALID', `Expected \`${field}\` to be an ISO 8601 time, got ${show(text)}.`, {
    field,
    value: text,
    hint: 'Write it with an offset (2026-12-01T09:00:00+01:00, …Z) or as a local time beside `timezone`.',
  });
}

/** RFC 3339 with the zone's offset at that instant: `2026-12-01T09:00:00+01:00`. */
export function zonedTime(instant: number, timezone: string): string {
  const zone = Zone.of(timezone);
  const offset = zone.segmentAt(instant).offset;
  const minutes = Math.abs(Math.trunc(offset / 60_000));
  const sign = offset < 0 ? '-' : '+';
  const text = isoTime(instant + offset).slice(0, -1);
  return `${text}${sign}${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}
