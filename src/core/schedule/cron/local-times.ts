/*
 * Cron on a calendar without a zone. Local times are ms to be read with UTC getters, always whole seconds. The
 * calendar has the years 1970 to 2199; nothing occurs outside of them.
 */
export const firstYear = 1970;
export const lastYear = 2199;
/** The calendar's bounds as local times, the second exclusive. */
export const calendarStart = 0;
export const calendarEnd = Date.UTC(lastYear + 1, 0, 1);

/** The values of a field, and for each value the nearest member at or after and at or before it. */
export interface FieldSet {
  /** Ascending. */
  values: number[];
  /** `none` where no member follows or precedes. */
  next: Uint8Array;
  previous: Uint8Array;
}
const none = 255;

/** What an expression asks of the wall clock and the calendar. */
export interface CronCalendar {
  second: FieldSet;
  minute: FieldSet;
  hour: FieldSet;
  /** Bit n is month n + 1. */
  months: number;
  /** Index 0 is 1970. Undefined: every year. */
  years?: Uint8Array;
  /** The matching days of a month of `length` days that begins on the weekday `first`; bit n is day n + 1. */
  daysOf(length: number, first: number): number;
}

const dayMs = 86_400_000;
const monthCount = (lastYear - firstYear + 1) * 12;
/** The day (since 1970-01-01) each month begins on, and the one after the last month. */
const monthStarts = Int32Array.from({ length: monthCount + 1 }, (_, index) => Date.UTC(firstYear, index, 1) / dayMs);

export function fieldSet(members: Iterable<number>, size: number): FieldSet {
  const values = [...new Set(members)].sort((a, b) => a - b);
  const next = new Uint8Array(size + 1).fill(none);
  const previous = new Uint8Array(size).fill(none);
  for (let value = size - 1; value >= 0; value--)
    next[value] = values.includes(value) ? value : (next[value + 1] as number);
  for (let value = 0; value < size; value++) {
    previous[value] = next[value] === value ? value : value > 0 ? (previous[value - 1] as number) : none;
  }
  return { values, next, previous };
}

/** First matching local time at or after `from`; undefined when the calendar ends before. */
export function nextLocal(cron: CronCalendar, from: number): number | undefined {
  const start = Math.max(from, calendarStart);
  if (start >= calendarEnd) return undefined;
  const day = Math.floor(start / dayMs);
  let month = monthOf(day);
  const today = day - (monthStarts[month] as number);
  let days = daysIn(cron, month) & (-1 << today);
  if ((days >> today) & 1) {
    const time = nextTime(cron, (start - day * dayMs) / 1000);
    if (time >= 0) return day * dayMs + time * 1000;
    days &= ~(1 << today);
  }
  while (days === 0) {
    if (++month === monthCount) return undefined;
    days = daysIn(cron, month);
  }
  const first = 31 - Math.clz32(days & -days);
  return ((monthStarts[month] as number) + first) * dayMs + nextTime(cron, 0) * 1000;
}

/** Last matching local time at or before `to`; undefined when the calendar begins after. */
export function previousLocal(cron: CronCalendar, to: number): number | undefined {
  const end = Math.min(to, calendarEnd - 1000);
  if (end < calendarStart) return undefined;
  const day = Math.floor(end / dayMs);
  let month = monthOf(day);
  const today = day - (monthStarts[month] as number);
  let days = daysIn(cron, month) & ~(-2 << today);
  if ((days >> today) & 1) {
    const time = previousTime(cron, (end - day * dayMs) / 1000);
    if (time >= 0) return day * dayMs + time * 1000;
    days &= ~(1 << today);
  }
  while (days === 0) {
    if (--month < 0) return undefined;
    days = daysIn(cron, month);
  }
  const last = 31 - Math.clz32(days);
  return ((monthStarts[month] as number) + last) * dayMs + previousTime(cron, 86_399) * 1000;
}

function monthOf(day: number): number {
  let month = Math.floor(day / 30.436875);
  if ((monthStarts[month] as number) > day) month--;
  else if ((monthStarts[month + 1] as number) <= day) month++;
  return month;
}

function daysIn(cron: CronCalendar, month: number): number {
  if (((cron.months >> (month % 12)) & 1) === 0) return 0;
  if (cron.years !== undefined && cron.years[Math.floor(month / 12)] === 0) return 0;
  const start = monthStarts[month] as number;
  return cron.daysOf((monthStarts[month + 1] as number) - start, (start + 4) % 7);
}

/** Smallest matching second of the day that is at least `from`; -1 when there is none. */
function nextTime(cron: CronCalendar, from: number): number {
  const hour = Math.floor(from / 3600);
  const minute = Math.floor(from / 60) % 60;
  const [hours, minutes, seconds] = [cron.hour.next, cron.minute.next, cron.second.next];
  if (hours[hour] === hour) {
    if (minutes[minute] === minute) {
      const second = seconds[from % 60] as number;
      if (second !== none) return hour * 3600 + minute * 60 + second;
    }
    const later = minutes[minute + 1] as number;
    if (later !== none) return hour * 3600 + later * 60 + (seconds[0] as number);
  }
  const later = hours[hour + 1] as number;
  return later === none ? -1 : later * 3600 + (minutes[0] as number) * 60 + (seconds[0] as number);
}

/** Largest matching second of the day that is at most `to`; -1 when there is none. */
function previousTime(cron: CronCalendar, to: number): number {
  const hour = Math.floor(to / 3600);
  const minute = Math.floor(to / 60) % 60;
  const [hours, minutes, seconds] = [cron.hour.previous, cron.minute.previous, cron.second.previous];
  if (hours[hour] === hour) {
    if (minutes[minute] === minute) {
      const second = seconds[to % 60] as number;
      if (second !== none) return hour * 3600 + minute * 60 + second;
    }
    const earlier = minute === 0 ? none : (minutes[minute - 1] as number);
    if (earlier !== none) return hour * 3600 + earlier * 60 + (seconds[59] as number);
  }
  const earlier = hour === 0 ? none : (hours[hour - 1] as number);
  return earlier === none ? -1 : earlier * 3600 + (minutes[59] as number) * 60 + (seconds[59] as number);
}
