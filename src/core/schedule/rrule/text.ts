import ICAL from 'ical.js';
import { CarillonError, show } from '../../errors.js';

export const frequencies = ['SECONDLY', 'MINUTELY', 'HOURLY', 'DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'] as const;
export type Frequency = (typeof frequencies)[number];

/** A weekday (0 is Sunday), or the n-th of it in its month or year; from the end if negative. */
export interface WeekdayRule {
  weekday: number;
  nth?: number;
}

/** The parts of a recurrence rule. A part that is absent does not restrict. */
export interface Rule {
  frequency: Frequency;
  interval: number;
  count?: number;
  until?: RruleTime;
  weekStart: number;
  month?: number[];
  weekNumber?: number[];
  yearDay?: number[];
  monthDay?: number[];
  day?: WeekdayRule[];
  hour?: number[];
  minute?: number[];
  second?: number[];
  position?: number[];
}

/** A time as iCalendar writes it. `local` is ms to be read with UTC getters. */
export interface RruleTime {
  local: number;
  utc: boolean;
  dateOnly: boolean;
}

/** Everything that a text of RRULE, DTSTART, EXDATE and RDATE lines says. */
export interface RruleText {
  rule: Rule;
  start?: RruleTime;
  timezone?: string;
  except: RruleTime[];
  also: RruleTime[];
}

/** Most occurrences that are counted from the start of a rule with COUNT. */
export const maximumCount = 100_000;

const weekdays = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];
/** iCalendar's name, ours, and the least and the greatest value; zero is excluded where the least is negative. */
const numberParts = {
  BYMONTH: ['month', 1, 12],
  BYWEEKNO: ['weekNumber', -53, 53],
  BYYEARDAY: ['yearDay', -366, 366],
  BYMONTHDAY: ['monthDay', -31, 31],
  BYHOUR: ['hour', 0, 23],
  BYMINUTE: ['minute', 0, 59],
  BYSECOND: ['second', 0, 59],
  BYSETPOS: ['position', -366, 366],
} as const;
type NumberPart = keyof typeof numberParts;
const allParts = ['FREQ', 'INTERVAL', 'COUNT', 'UNTIL', 'WKST', 'BYDAY', ...Object.keys(numberParts)];
const timePattern = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z)?)?$/;

/**
 * Reads a recurrence rule (RFC 5545), alone or with `RRULE:`, and DTSTART, EXDATE and RDATE lines around it.
 * @param field path of the text, for errors
 * @throws CarillonError RRULE_INVALID
 */
export function readRrule(text: string, field: string): RruleText {
  const fail = (reason: string): CarillonError => invalid(text, field, reason);
  const read: Omit<RruleText, 'rule'> = { except: [], also: [] };
  let rule: Rule | undefined;
  for (const line of text.trim().split(/\s*[\r\n]+\s*/)) {
    const [, name = 'RRULE', parameters = '', value = line] =
      /^([A-Z-]+)((?:;[A-Z-]+=[^:;]+)*):(.*)$/i.exec(line) ?? [];
    const zone = /;TZID=([^;]+)/i.exec(parameters)?.[1];
    if (zone && read.timezone && zone !== read.timezone)
      throw fail(`Expected one TZID, got ${read.timezone} and ${zone}`);
    read.timezone ??= zone;
    const times = () => value.split(',').map((item) => readTime(item, fail));
    switch (name.toUpperCase()) {
      case 'RRULE':
        if (rule) throw fail('Expected one RRULE; use `union` for several');
        rule = readRule(value, fail);
        break;
      case 'DTSTART':
        if (read.start) throw fail('Expected one DTSTART');
        read.start = readTime(value, fail);
        break;
      case 'EXDATE':
        read.except.push(...times());
        break;
      case 'RDATE':
        read.also.push(...times());
        break;
      default:
        throw fail(`Expected RRULE, DTSTART, EXDATE or RDATE, got ${show(name)}`);
    }
  }
  if (!rule) throw fail('Expected a rule with FREQ=');
  return { rule, ...read };
}

/** ical.js reads values leniently, and leaves out what it does not know; so names, ranges and relations are ours. */
function readRule(text: string, fail: (reason: string) => CarillonError): Rule {
  const parts = text.toUpperCase().replace(/;$/, '').split(';');
  const given = parts.map((part) => part.split('=')[0] as string);
  for (const [index, name] of given.entries()) {
    if (!allParts.includes(name)) throw fail(`Expected one of ${allParts.join(', ')}, got ${show(parts[index])}`);
    if (given.indexOf(name) !== index) throw fail(`Expected ${name} once`);
    if (!/^[A-Z]+=[^=]+$/.test(parts[index] as string)) throw fail(`Expected ${name}=…, got ${show(parts[index])}`);
  }
  if (!given.includes('FREQ')) throw fail('Expected FREQ=');
  const partOf = (name: string) => parts[given.indexOf(name)]?.slice(name.length + 1) as string;
  const until = given.includes('UNTIL') ? readTime(partOf('UNTIL'), fail) : undefined;
  let recur: ICAL.Recur;
  try {
    recur = ICAL.Recur.fromString(parts.filter((part) => !part.startsWith('UNTIL=')).join(';'));
  } catch (error) {
    throw fail((error as Error).message);
  }
  const whole = (name: 'INTERVAL' | 'COUNT', most: number) => {
    const value = Number(partOf(name));
    if (given.includes(name) && (!Number.isInteger(value) || value < 1 || value > most)) {
      throw fail(`Expected ${name} from 1 to ${most}, got ${show(partOf(name))}`);
    }
    return given.includes(name) ? value : undefined;
  };
  const rule: Rule = {
    frequency: recur.freq as Frequency,
    interval: whole('INTERVAL', 100_000) ?? 1,
    count: whole('COUNT', maximumCount),
    until,
    weekStart: weekdays.indexOf(given.includes('WKST') ? partOf('WKST') : 'MO'),
  };
  for (const name of Object.keys(numberParts) as NumberPart[]) {
    const [key, least, most] = numberParts[name];
    if (given.includes(name)) rule[key] = readNumbers(name, partOf(name), least, most, fail);
  }
  if (given.includes('BYDAY'))
    rule.day = partOf('BYDAY')
      .split(',')
      .map((item) => readWeekday(item, fail));
  checkRelations(rule, fail);
  return rule;
}

function readNumbers(
  name: string,
  text: string,
  least: number,
  most: number,
  fail: (reason: string) => CarillonError,
): number[] {
  return text.split(',').map((item) => {
    const value = Number(item);
    if (/^[+-]?\d+$/.test(item) && value >= least && value <= most && (least >= 0 || value !== 0)) return value;
    throw fail(`Expected ${name} from ${least} to ${most}${least < 0 ? ' and not 0' : ''}, got ${show(item)}`);
  });
}

function readWeekday(text: string, fail: (reason: string) => CarillonError): WeekdayRule {
  const [, nth, name] = /^([+-]?\d{1,2})?(SU|MO|TU|WE|TH|FR|SA)$/.exec(text) ?? [];
  const number = nth === undefined ? undefined : Number(nth);
  if (!name || number === 0 || Math.abs(number ?? 1) > 53) {
    throw fail(`Expected BYDAY such as MO, 2TU or -1FR, got ${show(text)}`);
  }
  return { weekday: weekdays.indexOf(name), ...(number !== undefined && { nth: number }) };
}

/** What RFC 5545 rules out, and what could not mean anything. */
function checkRelations(rule: Rule, fail: (reason: string) => CarillonError): void {
  const { frequency } = rule;
  const only = (part: unknown, name: string, allowed: Frequency[]) => {
    if (part !== undefined && !allowed.includes(frequency)) {
      throw fail(`Expected ${name} only with FREQ=${allowed.join(' or ')}, got FREQ=${frequency}`);
    }
  };
  if (rule.weekStart < 0) throw fail('Expected WKST to be a weekday such as MO');
  if (rule.count !== undefined && rule.until) throw fail('Expected COUNT or UNTIL, not both');
  const positioned = rule.day?.some(({ nth }) => nth !== undefined) || undefined;
  only(positioned, 'BYDAY with a number', ['MONTHLY', 'YEARLY']);
  only(rule.weekNumber, 'BYWEEKNO', ['YEARLY']);
  only(rule.yearDay, 'BYYEARDAY', ['YEARLY', 'HOURLY', 'MINUTELY', 'SECONDLY']);
  only(rule.monthDay, 'BYMONTHDAY', ['YEARLY', 'MONTHLY', 'DAILY', 'HOURLY', 'MINUTELY', 'SECONDLY']);
  if (positioned && rule.weekNumber) throw fail('Expected BYDAY without numbers beside BYWEEKNO');
  const others = [...Object.values(numberParts).map(([key]) => key), 'day' as const].filter(
    (key) => key !== 'position',
  );
  if (rule.position && others.every((key) => rule[key] === undefined))
    throw fail('Expected BYSETPOS beside another BY part');
}

function readTime(text: string, fail: (reason: string) => CarillonError): RruleTime {
  const part = timePattern.exec(text.trim().toUpperCase());
  if (!part) throw fail(`Expected a time such as 20261201T090000 or 20261201T080000Z, got ${show(text)}`);
  const [year, month, day, hour = 0, minute = 0, second = 0] = part
    .slice(1, 7)
    .map((digits) => (digits === undefined ? undefined : Number(digits))) as [number, number, number];
  const local = Date.UTC(year, month - 1, day, hour, minute, second);
  const digits = new Date(local).toISOString().replace(/[-:]|\.\d+Z$/g, '');
  if (!`${digits}Z`.startsWith(text.trim().toUpperCase())) throw fail(`Expected a time that exists, got ${show(text)}`);
  return { local, utc: part[7] === 'Z', dateOnly: part[4] === undefined };
}

export function invalid(text: string, field: string, reason: string): CarillonError {
  return new CarillonError('RRULE_INVALID', `\`${field}\` ${show(text)}: ${reason}.`, {
    field,
    value: text,
    hint: 'Write a rule of RFC 5545 such as FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=17;BYMINUTE=0.',
  });
}
