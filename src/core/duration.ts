import { CarillonError, show } from './errors.js';

/**
 * A duration in the two parts that do not convert into each other: calendar units and exact time.
 * `ms` is exact milliseconds; `days` and `months` are counted in a zone, where a day may have 23 or 25 hours.
 */
export interface Duration {
  months: number;
  days: number;
  ms: number;
}

const isoPattern =
  /^P(?!$)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d{1,3})?)S)?)?$/;
const shortPattern = /^(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?$/;
const longest = 100 * 366 * 86_400_000;

/** Reads `PT1H30M`, `P1D` or `1h30m`. Throws DURATION_INVALID. Zero and more than 100 years are refused. */
export function parseDuration(text: string, field = 'duration'): Duration {
  const duration = readIso(text.trim()) ?? readShort(text.trim());
  const total = duration && duration.ms + duration.days * 86_400_000 + duration.months * 30 * 86_400_000;
  if (!duration || !total || total > longest) {
    throw new CarillonError(
      'DURATION_INVALID',
      `Expected \`${field}\` to be a duration above zero such as PT1H30M or 1h30m, got ${show(text)}.`,
      { field, value: text, hint: 'Write an ISO 8601 duration (PT10S, P1D) or the short form (10s, 1h30m, 1d).' },
    );
  }
  return duration;
}

function readIso(text: string): Duration | undefined {
  const part = isoPattern.exec(text);
  if (!part) return undefined;
  const [, years, months, weeks, days, hours, minutes, seconds] = part;
  return {
    months: number(years) * 12 + number(months),
    days: number(weeks) * 7 + number(days),
    ms: number(hours) * 3_600_000 + number(minutes) * 60_000 + Math.round(number(seconds?.replace(',', '.')) * 1000),
  };
}

function readShort(text: string): Duration | undefined {
  const part = text === '' ? null : shortPattern.exec(text);
  if (!part) return undefined;
  const [, weeks, days, hours, minutes, seconds, millis] = part;
  return {
    months: 0,
    days: number(weeks) * 7 + number(days),
    ms: number(hours) * 3_600_000 + number(minutes) * 60_000 + number(seconds) * 1000 + number(millis),
  };
}

function number(text: string | undefined): number {
  return text === undefined ? 0 : Number(text);
}

/** Milliseconds of a policy duration (timeouts, back-off), where a day is always 24 hours; months are refused. */
export function durationMs(text: string, field = 'duration'): number {
  const duration = parseDuration(text, field);
  if (duration.months > 0) {
    throw new CarillonError('DURATION_INVALID', `Expected \`${field}\` without years or months, got ${show(text)}.`, {
      field,
      value: text,
      hint: 'Say it in days, hours, minutes or seconds.',
    });
  }
  return duration.ms + duration.days * 86_400_000;
}

/** Canonical ISO 8601 text: `90000` ms is `PT1M30S`, `{months: 14}` is `P1Y2M`. */
export function formatDuration(duration: Duration | number): string {
  const { months, days, ms } = typeof duration === 'number' ? { months: 0, days: 0, ms: duration } : duration;
  const years = Math.floor(months / 12);
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor((ms % 3_600_000) / 60_000);
  const seconds = (ms % 60_000) / 1000;
  const date = `${unit(years, 'Y')}${unit(months % 12, 'M')}${unit(days, 'D')}`;
  const time = `${unit(hours, 'H')}${unit(minutes, 'M')}${unit(seconds, 'S')}`;
  return date || time ? `P${date}${time && `T${time}`}` : 'PT0S';
}

function unit(count: number, letter: string): string {
  return count ? `${count}${letter}` : '';
}
