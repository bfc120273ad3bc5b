import type { Rule } from './text.js';

/*
 * Expands a rule into local times: ms to be read with UTC getters. Each period (a year, a month, a week, a day, an
 * hour …) is found by arithmetic from the first one, so that a rule that began long ago costs no more than a new one.
 */
const dayMs = 86_400_000;
/** Where the calendar ends: so many days after where one begins to look. */
const horizonDays = 400 * 366;
/** Days looked at between two occurrences, 55 years of them: 29 February on one weekday comes every 40 at least. */
const patientDays = 20_000;
/** Hours, minutes or seconds looked at between two occurrences: a day of seconds and more. */
const patientUnits = 100_000;

interface Expansion {
  rule: Rule;
  /** Local time of the first occurrence a rule may have. */
  start: number;
  /** Seconds of the period at which its occurrences lie. */
  offsets: number[];
  matches: (day: number) => boolean;
}

/** Local times of the rule that are at least `from`, ascending; COUNT and UNTIL not applied. */
export function* localTimes(rule: Rule, start: number, from: number): Generator<number> {
  const filled = withDefaults(rule, start);
  const expansion = { rule: filled, start, offsets: offsetsOf(filled, start), matches: dayFilter(filled) };
  const sub = { HOURLY: 3600, MINUTELY: 60, SECONDLY: 1 }[rule.frequency as string];
  for (const local of sub === undefined ? byDays(expansion, from) : withinDays(expansion, sub, from)) {
    if (local >= from && local >= start) yield local;
  }
}

/** What a rule leaves open is as in its first occurrence. */
function withDefaults(rule: Rule, start: number): Rule {
  const date = new Date(start);
  const anyDay = rule.weekNumber ?? rule.yearDay ?? rule.monthDay ?? rule.day;
  switch (rule.frequency) {
    case 'YEARLY':
      if (rule.weekNumber && !rule.day && !rule.monthDay && !rule.yearDay) {
        return { ...rule, day: [{ weekday: date.getUTCDay() }] };
      }
      if (anyDay) return rule;
      return { ...rule, month: rule.month ?? [date.getUTCMonth() + 1], monthDay: [date.getUTCDate()] };
    case 'MONTHLY':
      return anyDay ? rule : { ...rule, monthDay: [date.getUTCDate()] };
    case 'WEEKLY':
      return anyDay ? rule : { ...rule, day: [{ weekday: date.getUTCDay() }] };
    default:
      return rule;
  }
}

function offsetsOf(rule: Rule, start: number): number[] {
  const date = new Date(start);
  const { frequency } = rule;
  const below = ['SECONDLY', 'MINUTELY', 'HOURLY'].indexOf(frequency);
  const hours = below >= 0 ? [0] : (rule.hour ?? [date.getUTCHours()]);
  const minutes = frequency === 'SECONDLY' || frequency === 'MINUTELY' ? [0] : (rule.minute ?? [date.getUTCMinutes()]);
  const seconds = frequency === 'SECONDLY' ? [0] : (rule.second ?? [date.getUTCSeconds()]);
  const all = hours.flatMap((hour) =>
    minutes.flatMap((minute) => seconds.map((second) => hour * 3600 + minute * 60 + second)),
  );
  return [...new Set(all)].sort((a, b) => a - b);
}

/** Periods of a day and more. */
function* byDays({ rule, start, offsets, matches }: Expansion, from: number): Generator<number> {
  const startDay = Math.floor(start / dayMs);
  const fromDay = Math.max(startDay, Math.floor(from / dayMs));
  const first = Math.floor(periodOf(rule, startDay, fromDay) / rule.interval) * rule.interval;
  let looked = 0;
  for (let index = first; ; index += rule.interval) {
    const [begin, end] = boundsOf(rule, startDay, index);
    if (begin > fromDay + horizonDays || looked > patientDays) return;
    const times: number[] = [];
    for (let day = begin; day < end; day++) {
      looked++;
      if (!matches(day)) continue;
      for (const second of offsets) times.push(day * dayMs + second * 1000);
    }
    for (const time of positioned(times, rule.position)) {
      if (time >= from) looked = 0;
      yield time;
    }
  }
}

/** Which period after the first one a day lies in. */
function periodOf(rule: Rule, startDay: number, day: number): number {
  const [a, b] = [new Date(startDay * dayMs), new Date(day * dayMs)];
  const years = b.getUTCFullYear() - a.getUTCFullYear();
  if (rule.frequency === 'YEARLY') return years;
  if (rule.frequency === 'MONTHLY') return years * 12 + b.getUTCMonth() - a.getUTCMonth();
  if (rule.frequency === 'WEEKLY') return Math.floor((day - weekBegin(startDay, rule.weekStart)) / 7);
  return day - startDay;
}

/** First day of a period, and of the next. */
function boundsOf(rule: Rule, startDay: number, index: number): [number, number] {
  const date = new Date(startDay * dayMs);
  const year = date.getUTCFullYear();
  if (rule.frequency === 'YEARLY') return [dayOf(year + index, 0), dayOf(year + index + 1, 0)];
  if (rule.frequency === 'MONTHLY') {
    const month = date.getUTCMonth() + index;
    return [dayOf(year, month), dayOf(year, month + 1)];
  }
  if (rule.frequency === 'WEEKLY') {
    const begin = weekBegin(startDay, rule.weekStart) + index * 7;
    return [begin, begin + 7];
  }
  return [startDay + index, startDay + index + 1];
}

/** Periods of an hour, a minute or a second, day by day: a day that does not match is passed over as a whole. */
function* withinDays({ rule, start, offsets, matches }: Expansion, unit: number, from: number): Generator<number> {
  const anchor = Math.floor(start / 1000 / unit);
  const earliest = Math.max(anchor, Math.floor(from / 1000 / unit));
  const fits = unitFilter(rule, unit);
  let period = anchor + Math.ceil((earliest - anchor) / rule.interval) * rule.interval;
  const lastDay = Math.floor(from / dayMs) + horizonDays;
  for (let looked = 0; looked < patientUnits; looked++) {
    const second = period * unit;
    const day = Math.floor(second / 86_400);
    if (day > lastDay) return;
    if (!matches(day)) {
      const next = Math.ceil(((day + 1) * 86_400) / unit);
      period = anchor + Math.ceil((next - anchor) / rule.interval) * rule.interval;
      continue;
    }
    if (fits(second - day * 86_400)) {
      const times = offsets.map((offset) => (second + offset) * 1000);
      for (const time of positioned(times, rule.position)) {
        looked = 0;
        yield time;
      }
    }
    period += rule.interval;
  }
}

function unitFilter(rule: Rule, unit: number): (second: number) => boolean {
  const hours = rule.hour && new Set(rule.hour);
  const minutes = unit < 3600 && rule.minute ? new Set(rule.minute) : undefined;
  const seconds = unit < 60 && rule.second ? new Set(rule.second) : undefined;
  return (second) =>
    (!hours || hours.has(Math.floor(second / 3600))) &&
    (!minutes || minutes.has(Math.floor(second / 60) % 60)) &&
    (!seconds || seconds.has(second % 60));
}

function positioned(times: number[], positions: number[] | undefined): number[] {
  if (!positions) return times;
  const chosen = positions.map((position) => times.at(position > 0 ? position - 1 : position));
  return [...new Set(chosen)].filter((time) => time !== undefined).sort((a, b) => a - b);
}

function dayFilter(rule: Rule): (day: number) => boolean {
  const months = rule.month && new Set(rule.month);
  const inYear = rule.frequency === 'YEARLY' && !rule.month;
  return (day) => {
    const date = new Date(day * dayMs);
    const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
    if (months && !months.has(month + 1)) return false;
    if (rule.monthDay && !within(rule.monthDay, date.getUTCDate(), dayOf(year, month + 1) - dayOf(year, month)))
      return false;
    if (rule.yearDay && !within(rule.yearDay, day - dayOf(year, 0) + 1, dayOf(year + 1, 0) - dayOf(year, 0)))
      return false;
    if (rule.weekNumber && !within(rule.weekNumber, ...weekNumberOf(day, rule.weekStart))) return false;
    if (!rule.day) return true;
    const [begin, end] = inYear ? [dayOf(year, 0), dayOf(year + 1, 0)] : [dayOf(year, month), dayOf(year, month + 1)];
    const nth = Math.floor((day - begin) / 7) + 1;
    const fromEnd = -Math.floor((end - 1 - day) / 7) - 1;
    const weekday = date.getUTCDay();
    return rule.day.some(
      (item) => item.weekday === weekday && (item.nth === undefined || item.nth === nth || item.nth === fromEnd),
    );
  };
}

/** Whether a value from 1 to `length`, counted from either end, is among these. */
function within(values: number[], value: number, length: number): boolean {
  return values.includes(value) || values.includes(value - length - 1);
}

/** Number of the week a day lies in, and how many weeks that week's year has: week 1 is the first with four days. */
function weekNumberOf(day: number, weekStart: number): [number, number] {
  const begin = weekBegin(day, weekStart);
  const year = new Date((begin + 3) * dayMs).getUTCFullYear();
  const first = weekBegin(dayOf(year, 0, 4), weekStart);
  const next = weekBegin(dayOf(year + 1, 0, 4), weekStart);
  return [(begin - first) / 7 + 1, (next - first) / 7];
}

function weekBegin(day: number, weekStart: number): number {
  const weekday = (((day + 4) % 7) + 7) % 7;
  return day - ((weekday - weekStart + 7) % 7);
}

function dayOf(year: number, month: number, date = 1): number {
  return Date.UTC(year, month, date) / dayMs;
}
