import { CarillonError, show } from '../errors.js';
import { isoTime } from '../ids.js';
import { Zone } from './zone.js';

const pattern =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?(Z|[+-]\d\d:?\d\d)?(?:\[([A-Za-z][\w/+-]*)\])?$/;

/**
 * Reads an ISO 8601 time into milliseconds since the epoch: with an offset (`2026-12-01T09:00:00+01:00`), with a zone
 * (`2026-12-01T09:00[Europe/Berlin]`), or as a local time of `timezone`. Throws TIME_INVALID or TIMEZONE_UNKNOWN.
 */
export function parseTime(text: string, timezone: string, field: string): number {
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
  if (offset) return local - offsetMs(offset);
  return Zone.of(zone ?? timezone, zone ? field : 'schedule.timezone').fromLocal(local);
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
