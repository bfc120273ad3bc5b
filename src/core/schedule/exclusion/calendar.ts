import { CarillonError, show } from '../../errors.js';
import type { Calendar, CalendarRule, Resolved } from '../schema.js';
import { Zone } from '../zone.js';

const dayMs = 86_400_000;
const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** What covers an instant, and until when at least. */
export interface Cover {
  what: string;
  /** The cover lasts at least to this instant (exclusive). */
  until: number;
}

/** Names of the calendars that a schedule, as a person wrote it, wants to be known. */
export function calendarNames(schedule: unknown): string[] {
  const exclude = (schedule as { exclude?: unknown } | null | undefined)?.exclude;
  if (!Array.isArray(exclude)) return [];
  const names = exclude.map((rule) => (rule as { calendar?: unknown } | null | undefined)?.calendar);
  return [...new Set(names.filter((name) => typeof name === 'string'))];
}

/** @throws CarillonError CALENDAR_NOT_FOUND */
export function calendarNamed(name: string, calendars: Resolved['calendars'], field: string): Calendar {
  const calendar = calendars && Object.hasOwn(calendars, name) ? calendars[name] : undefined;
  if (calendar) return calendar;
  throw new CarillonError(
    'CALENDAR_NOT_FOUND',
    `Expected \`${field}\` to name a calendar of the project, got ${show(name)}.`,
    {
      field,
      value: name,
      hint: 'Put the calendar first, or write its rules into `exclude`.',
    },
  );
}

/**
 * Checks what the schema cannot: that each date exists, that ranges are in order and that weekly rules can be read.
 * @param field path of the rules, for errors
 * @throws CarillonError CALENDAR_INVALID or TIMEZONE_UNKNOWN
 */
export function checkCalendar({ timezone, rules }: Calendar, field = 'rules'): void {
  if (timezone !== undefined) Zone.of(timezone, 'timezone');
  compileRules(rules, (index) => `${field}.${index}`);
}

/** What covers a local time (ms to be read with UTC getters); `until` is local too. */
export type LocalCover = (local: number) => Cover | undefined;

/**
 * Rules as a function of local time.
 * @param pathOf where a rule stands, for errors
 * @throws CarillonError CALENDAR_INVALID
 */
export function compileRules(rules: CalendarRule[], pathOf: (index: number) => string): LocalCover {
  const dates = new Map<number, string>();
  const yearly = new Map<number, string>();
  const ranges: { from: number; to: number; what: string }[] = [];
  const weekly: LocalCover[] = [];
  for (const [index, rule] of rules.entries()) {
    const path = pathOf(index);
    const what = rule.name ?? ruleText(rule);
    if ('date' in rule) dates.set(readDay(rule.date, `${path}.date`), what);
    else if ('yearly' in rule) yearly.set(readYearly(rule.yearly, `${path}.yearly`), what);
    else if ('weekly' in rule) weekly.push(compileWeekly(rule.weekly, what, `${path}.weekly`));
    else ranges.push(readRange(rule, what, path));
  }
  ranges.sort((a, b) => a.from - b.from);
  return (local) => {
    const day = Math.floor(local / dayMs) * dayMs;
    const whole = dates.get(day) ?? (yearly.size > 0 ? yearly.get(monthAndDay(day)) : undefined);
    if (whole !== undefined) return { what: whole, until: day + dayMs };
    for (const { from, to, what } of ranges) {
      if (from > day) break;
      if (day <= to) return { what, until: to + dayMs };
    }
    for (const covers of weekly) {
      const cover = covers(local);
      if (cover) return cover;
    }
    return undefined;
  };
}

/** Rules of one zone as a function of the instant. */
export function coverInZone(covers: LocalCover, zone: Zone): (instant: number) => Cover | undefined {
  return (instant) => {
    const { offset, end } = zone.segmentAt(instant);
    const cover = covers(instant + offset);
    return cover && { what: cover.what, until: Math.min(cover.until - offset, end) };
  };
}

/** A rule as a person wrote it, for those without a name. */
function ruleText(rule: CalendarRule): string {
  if ('date' in rule) return rule.date;
  if ('yearly' in rule) return rule.yearly;
  return 'weekly' in rule ? rule.weekly : `${rule.from} to ${rule.to}`;
}

function readDay(text: string, field: string): number {
  const time = Date.parse(`${text}T00:00:00Z`);
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== text) {
    throw invalid(field, text, 'a date that exists, such as 2026-12-25');
  }
  return time;
}

/** Month and day as one number; those of a leap year exist. */
function readYearly(text: string, field: string): number {
  const time = Date.parse(`2024-${text}T00:00:00Z`);
  if (Number.isNaN(time) || new Date(time).toISOString().slice(5, 10) !== text) {
    throw invalid(field, text, 'a month and a day that exist, such as 12-25');
  }
  return monthAndDay(time);
}

function monthAndDay(day: number): number {
  const date = new Date(day);
  return (date.getUTCMonth() + 1) * 100 + date.getUTCDate();
}

function readRange(rule: { from: string; to: string }, what: string, path: string) {
  const range = { from: readDay(rule.from, `${path}.from`), to: readDay(rule.to, `${path}.to`), what };
  if (range.to < range.from) throw invalid(`${path}.to`, rule.to, `a day not before ${rule.from}`);
  return range;
}

/** `SAT,SUN`, `MON-FRI 18:00-08:00`: hours that end before they begin go on into the next day. */
function compileWeekly(text: string, what: string, field: string): LocalCover {
  const expected = 'days of the week with or without hours, such as SAT,SUN or MON-FRI 18:00-08:00';
  const [, dayText = '', from, to] = /^(\S+)(?:\s+(\d\d:\d\d)-(\d\d:\d\d))?$/.exec(text.trim().toUpperCase()) ?? [];
  const days = new Set<number>();
  for (const item of dayText.split(',')) {
    const [first, last] = item.split('-').map((name) => weekdays.indexOf(name));
    if (first === undefined || first < 0 || last === -1 || item.split('-').length > 2)
      throw invalid(field, text, expected);
    for (let day = first; ; day = (day + 1) % 7) {
      days.add(day);
      if (day === (last ?? first)) break;
    }
  }
  const begin = from === undefined ? 0 : readHour(from);
  const end = to === undefined ? dayMs : readHour(to);
  if (begin === undefined || end === undefined || begin === end || begin === dayMs)
    throw invalid(field, text, expected);
  const isDay = (day: number) => days.has(new Date(day).getUTCDay());
  return (local) => {
    const day = Math.floor(local / dayMs) * dayMs;
    const time = local - day;
    if (isDay(day) && time >= begin && (time < end || end < begin)) {
      return { what, until: day + (end < begin ? dayMs + end : end) };
    }
    return end < begin && time < end && isDay(day - dayMs) ? { what, until: day + end } : undefined;
  };
}

function readHour(text: string): number | undefined {
  const [hour, minute] = text.split(':').map(Number) as [number, number];
  const time = hour * 3_600_000 + minute * 60_000;
  return minute < 60 && time <= dayMs ? time : undefined;
}

function invalid(field: string, value: string, expected: string): CarillonError {
  return new CarillonError('CALENDAR_INVALID', `Expected \`${field}\` to be ${expected}, got ${show(value)}.`, {
    field,
    value,
    hint: 'A rule is {date}, {from, to}, {yearly} or {weekly}, each with an optional name.',
  });
}
