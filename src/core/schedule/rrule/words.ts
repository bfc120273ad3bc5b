import { dayNames, joined, monthNames, ordinal } from '../explain/word-lists.js';
import type { Zone } from '../zone.js';
import { type Frequency, type Rule, readRrule } from './text.js';

const units: Record<Frequency, string> = {
  SECONDLY: 'second',
  MINUTELY: 'minute',
  HOURLY: 'hour',
  DAILY: 'day',
  WEEKLY: 'week',
  MONTHLY: 'month',
  YEARLY: 'year',
};

/**
 * A recurrence rule in words.
 * @param anchor the instant it counts from, unless it has a DTSTART: what the rule leaves open is as there
 */
export function rruleWords(text: string, anchor: number, zone: Zone, field: string): string {
  const { rule, start: own, except, also } = readRrule(text, field);
  const start = own && !own.utc ? own.local : zone.toLocal(own?.local ?? anchor);
  const unit = units[rule.frequency];
  const said = [
    rule.interval === 1 ? `every ${unit}` : `every ${rule.interval} ${unit}s`,
    rule.month && `in ${joined(rule.month.map((month) => monthNames[month - 1] as string))}`,
    rule.weekNumber && `in week ${joined(rule.weekNumber.map(counted))}`,
    rule.yearDay && `on day ${joined(rule.yearDay.map(counted))} of the year`,
    rule.monthDay && `on ${joined(rule.monthDay.map(monthDay))} of the month`,
    rule.day &&
      `on ${joined(rule.day.map(({ weekday, nth }) => (nth === undefined ? '' : `the ${ordinal(nth)} `) + dayNames[weekday]))}`,
    timeOfDay(rule, new Date(start)),
    rule.position && `the ${joined(rule.position.map(ordinal))} of these`,
    rule.count !== undefined && (rule.count === 1 ? 'once' : `${rule.count} times`),
    rule.until &&
      `until ${new Date(rule.until.local).toISOString().slice(0, rule.until.dateOnly ? 10 : 19)}${rule.until.utc ? 'Z' : ''}`,
    also.length > 0 && `and ${also.length === 1 ? 'one time' : `${also.length} times`} more`,
    except.length > 0 && `but for ${except.length === 1 ? 'one exception' : `${except.length} exceptions`}`,
  ];
  return said.filter(Boolean).join(', ');
}

function timeOfDay({ frequency, hour, minute, second }: Rule, start: Date): string | undefined {
  const two = (value: number) => String(value).padStart(2, '0');
  const list = (values: number[]) => joined(values.map(two));
  if (['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'].includes(frequency)) {
    const seconds = second ?? [start.getUTCSeconds()];
    const ending = (value: number) => (seconds.length === 1 && value === 0 ? '' : `:${two(value)}`);
    const times = (hour ?? [start.getUTCHours()]).flatMap((h) =>
      (minute ?? [start.getUTCMinutes()]).flatMap((m) => seconds.map((s) => `${two(h)}:${two(m)}${ending(s)}`)),
    );
    return times.length > 6 ? `at ${times.length} times of the day` : `at ${joined(times.sort())}`;
  }
  const parts = [
    hour && `in hour ${list(hour)}`,
    minute && `at minute ${list(minute)}`,
    second && `at second ${list(second)}`,
  ];
  return parts.filter(Boolean).join(' ');
}

function monthDay(day: number): string {
  return day > 0 ? `day ${day}` : `the ${ordinal(day)} day`;
}

function counted(number: number): string {
  return number > 0 ? String(number) : `${-number} from the end`;
}
