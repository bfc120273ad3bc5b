import ICAL from 'ical.js';
import { CarillonError, show } from '../../errors.js';
import { localTimes } from '../rrule/days.js';
import { type Rule, readRrule } from '../rrule/text.js';
import { type Calendar, type CalendarRule, maximumRules } from '../schema.js';

const dayMs = 86_400_000;
/** Recurrences that are no plain yearly day are written out so far from their first day. */
const expandedMs = 10 * 366 * dayMs;

/**
 * The all-day events of an iCalendar text (RFC 5545) as the rules of a calendar: a day, a range, a day of each year;
 * other recurrences as their days of ten years. Cancelled events are left out. Events with hours are refused: a
 * `weekly` rule says hours.
 * @throws CarillonError CALENDAR_INVALID
 */
export function calendarOfICalendar(text: string): Calendar {
  const root = parse(text);
  const rules: CalendarRule[] = [];
  const events = root.getAllSubcomponents('vevent');
  // An event with RECURRENCE-ID stands for one day of another's recurrence.
  const replaced = new Map<string, Set<number>>();
  for (const event of events) {
    const instead = event.getFirstPropertyValue('recurrence-id');
    if (instead instanceof ICAL.Time) daysReplaced(replaced, event).add(dayOf(instead));
  }
  for (const event of events) {
    if (String(event.getFirstPropertyValue('status') ?? '').toUpperCase() === 'CANCELLED') continue;
    rules.push(...rulesOf(event, event.hasProperty('recurrence-id') ? new Set() : daysReplaced(replaced, event)));
    if (rules.length > maximumRules)
      throw invalid(`Expected at most ${maximumRules} days and ranges`, `${rules.length} and more`);
  }
  const description = root.getFirstPropertyValue('x-wr-calname');
  return { ...(typeof description === 'string' && { description: description.slice(0, 1000) }), rules };
}

function parse(text: string): ICAL.Component {
  try {
    const data = ICAL.parse(text) as unknown[];
    const component = new ICAL.Component((typeof data[0] === 'string' ? data : data[0]) as string);
    if (component.name === 'vcalendar') return component;
  } catch (cause) {
    throw invalid(`Expected iCalendar text (${(cause as Error).message})`, text, cause);
  }
  throw invalid('Expected iCalendar text that begins with BEGIN:VCALENDAR', text);
}

function daysReplaced(replaced: Map<string, Set<number>>, event: ICAL.Component): Set<number> {
  const uid = String(event.getFirstPropertyValue('uid') ?? '');
  const days = replaced.get(uid) ?? new Set<number>();
  replaced.set(uid, days);
  return days;
}

function rulesOf(event: ICAL.Component, except: Set<number>): CalendarRule[] {
  const name = String(event.getFirstPropertyValue('summary') ?? '')
    .trim()
    .slice(0, 200);
  const named = name ? { name } : {};
  const start = event.getFirstPropertyValue('dtstart');
  if (!(start instanceof ICAL.Time)) throw invalid('Expected an event with DTSTART', name);
  if (!start.isDate)
    throw invalid('Expected events of whole days (DTSTART;VALUE=DATE); hours are said by a `weekly` rule', name);
  const first = dayOf(start);
  const length = lengthOf(event, first);
  const recurrences = event.getAllProperties('rrule').map((property) => property.getFirstValue()?.toString() ?? '');
  const exceptions = new Set([...except, ...daysIn(event, 'exdate')]);
  const plain = exceptions.size === 0 && length === dayMs && !event.hasProperty('rdate');
  if (
    plain &&
    recurrences.length === 1 &&
    isYearly(recurrences[0] as string, first) &&
    isoDay(first).slice(5) !== '02-29'
  ) {
    return [{ yearly: isoDay(first).slice(5), ...named }];
  }
  const days = new Set([first, ...daysIn(event, 'rdate'), ...recurrences.flatMap((rule) => expand(rule, first))]);
  return [...days]
    .filter((day) => !exceptions.has(day))
    .sort((a, b) => a - b)
    .map((day) =>
      length === dayMs
        ? { date: isoDay(day), ...named }
        : { from: isoDay(day), to: isoDay(day + length - dayMs), ...named },
    );
}

/** DTEND is the first day that is free again. */
function lengthOf(event: ICAL.Component, first: number): number {
  const end = event.getFirstPropertyValue('dtend');
  if (end instanceof ICAL.Time) return Math.max(dayMs, dayOf(end) - first);
  const duration = event.getFirstPropertyValue('duration');
  return duration instanceof ICAL.Duration
    ? Math.max(dayMs, Math.ceil((duration.toSeconds() * 1000) / dayMs) * dayMs)
    : dayMs;
}

/** The same day of every year: a rule without bounds that says no more than its start does. */
function isYearly(text: string, first: number): boolean {
  const rule = readRule(text);
  const date = new Date(first);
  const said = (values: number[] | undefined, value: number) =>
    values === undefined || (values.length === 1 && values[0] === value);
  const { frequency, interval, count, until, weekNumber, yearDay, day, position } = rule;
  const bounded = [count, until, weekNumber, yearDay, day, position].some((part) => part !== undefined);
  const matches = said(rule.month, date.getUTCMonth() + 1) && said(rule.monthDay, date.getUTCDate());
  return frequency === 'YEARLY' && interval === 1 && !bounded && matches;
}

function readRule(text: string): Rule {
  try {
    return readRrule(text, 'RRULE').rule;
  } catch (cause) {
    throw invalid(`Expected a recurrence rule of RFC 5545 (${(cause as Error).message})`, text, cause);
  }
}

function expand(text: string, first: number): number[] {
  const rule = readRule(text);
  const days: number[] = [];
  for (const local of localTimes(rule, first, first)) {
    if (local > first + expandedMs || (rule.until && local > rule.until.local)) break;
    if (rule.count !== undefined && days.length >= rule.count) break;
    if (days.length > maximumRules) break;
    days.push(Math.floor(local / dayMs) * dayMs);
  }
  return days;
}

function daysIn(event: ICAL.Component, name: string): number[] {
  return event
    .getAllProperties(name)
    .flatMap((property) => property.getValues().flatMap((value) => (value instanceof ICAL.Time ? [dayOf(value)] : [])));
}

function dayOf(time: ICAL.Time): number {
  return Date.UTC(time.year, time.month - 1, time.day);
}

function isoDay(day: number): string {
  return new Date(day).toISOString().slice(0, 10);
}

function invalid(expected: string, value: string, cause?: unknown): CarillonError {
  return new CarillonError(
    'CALENDAR_INVALID',
    `${expected}, got ${show(value.trim().slice(0, 60))}.`,
    {
      field: 'ical',
      value: value.slice(0, 200),
      hint: 'Export the calendar as an .ics file, with events of whole days.',
    },
    { cause },
  );
}
