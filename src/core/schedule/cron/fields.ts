import { type Duration, parseDuration } from '../../duration.js';
import { CarillonError, show } from '../../errors.js';
import { Zone } from '../zone.js';
import { type DayRules, daysOfMonth, noDays, readDayRule } from './days.js';
import { type CronField, cronFields, ItemFault, readValues } from './item.js';
import { type CronCalendar, calendarStart, fieldSet, firstYear, lastYear, nextLocal } from './local-times.js';

/** A cron expression, read. */
export interface Cron extends CronCalendar {
  /** The hour field takes every hour: the expression runs through changes of the clock, whatever `dst` says. */
  fixedRate: boolean;
  /** Both day fields are restricted and a day matches when either does. */
  eitherDay: boolean;
  /** From the prefix `CRON_TZ=` or `TZ=`. It goes before the schedule's. */
  timezone?: string;
  /** `@every 90m`: an interval. The fields say nothing then. */
  every?: Duration;
}

export interface CronOptions {
  /** Path of the expression, for messages. */
  field?: string;
  /** What `H` is drawn from. */
  seed?: string;
  /** A day must match both day fields, where cron takes either. */
  and?: boolean;
}

/** Names for expressions. */
export const presets: Record<string, string> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** Makes the error of a fault that lies so many characters into the expression. */
type Fail = (index: number, reason: string) => CarillonError;

interface Token {
  text: string;
  /** Where it begins in the expression, from 0. */
  index: number;
}

/**
 * Reads 5 fields, 6 with seconds first, 7 with the year last, or a preset; docs/cron.md says what they may hold.
 * @throws CarillonError CRON_INVALID with position and reason, also when no day ever matches; TIMEZONE_UNKNOWN
 */
export function parseCron(expression: string, options: CronOptions = {}): Cron {
  const { field = 'schedule.cron', seed = '', and = false } = options;
  const fail: Fail = (index, reason) => invalid(expression, field, reason, index + 1);
  const prefix = /^\s*(?:CRON_TZ|TZ)=(\S*)/.exec(expression);
  const timezone = prefix?.[1];
  if (timezone !== undefined) Zone.of(timezone, field);
  const start = prefix?.[0].length ?? 0;
  const tokens = [...expression.slice(start).matchAll(/\S+/g)].map(({ 0: text, index }) => ({
    text,
    index: start + index,
  }));
  const fields = tokens[0]?.text.startsWith('@') ? readPreset(tokens, fail) : tokens;
  const zoned = timezone === undefined ? {} : { timezone };
  if (!Array.isArray(fields))
    return { ...readFields(splitPreset('* * * * *'), '', false, fail), ...zoned, every: fields };
  if (fields.length < 5) throw fail(expression.length, `${counts}, got ${fields.length}`);
  if (fields.length > 7) throw fail((fields[7] as Token).index, `${counts}, got ${fields.length}`);
  const cron = readFields(fields, seed, and, fail);
  if (nextLocal(cron, calendarStart) === undefined) {
    throw fail((fields.at(fields.length === 7 ? 3 : -3) as Token).index, neverMatches);
  }
  return { ...cron, ...zoned };
}

const counts = 'Expected 5 fields, 6 with seconds first, or 7 with the year last';
const neverMatches = `Expected days that exist, but no day from ${firstYear} to ${lastYear} matches`;

/** The fields of a preset, or the interval of `@every`. */
function readPreset([preset, ...rest]: Token[], fail: Fail): Token[] | Duration {
  const { text, index } = preset as Token;
  const name = text.toLowerCase();
  const [extra] = rest;
  if (name === '@every') return readEvery(extra ?? { text: '', index: index + text.length }, rest[1], fail);
  if (name === '@reboot') {
    const instead = 'Run the job once with `immediate: true`, or name an interval or times';
    throw fail(index, `\`@reboot\` has no meaning here: the schedule belongs to no machine that boots. ${instead}`);
  }
  const fields = presets[name];
  if (fields === undefined) {
    throw fail(index, `Expected one of ${Object.keys(presets).join(', ')} and \`@every 90m\`, got ${show(text)}`);
  }
  if (extra) throw fail(extra.index, `Expected nothing after ${show(text)}, got ${show(extra.text)}`);
  return splitPreset(fields);
}

function splitPreset(fields: string): Token[] {
  return fields.split(' ').map((text) => ({ text, index: 0 }));
}

function readEvery({ text, index }: Token, extra: Token | undefined, fail: Fail): Duration {
  if (extra) throw fail(extra.index, `Expected nothing after ${show(`@every ${text}`)}, got ${show(extra.text)}`);
  let every: Duration;
  try {
    every = parseDuration(text);
  } catch {
    throw fail(index, `Expected a duration after \`@every\` such as 90m, got ${show(text)}`);
  }
  if (every.months === 0 && every.days === 0 && every.ms < 1000) {
    throw fail(index, `Expected a duration of at least 1 s after \`@every\`, got ${show(text)}`);
  }
  return every;
}

function readFields(tokens: Token[], seed: string, and: boolean, fail: Fail): Cron {
  const given = tokens.length === 5 ? [{ text: '0', index: 0 }, ...tokens] : tokens;
  const days = noDays();
  const [second, minute, hour, dates, month, weekdays, years] = cronFields.map((field, index) => {
    const token = given[index] ?? { text: '*', index: 0 };
    return readField(field, token, seed, days, fail);
  }) as [number[], number[], number[], number[], number[], number[], number[]];
  days.days |= dates.reduce((set, day) => set | (1 << (day - 1)), 0);
  days.weekdays |= weekdays.reduce((set, day) => set | (1 << (day % 7)), 0);
  days.either = !and && restricts(given[3]) && restricts(given[5]);
  const hours = fieldSet(hour, 24);
  return {
    second: fieldSet(second, 60),
    minute: fieldSet(minute, 60),
    hour: hours,
    months: month.reduce((set, value) => set | (1 << (value - 1)), 0),
    ...(years.length < lastYear - firstYear + 1 && { years: yearSet(years) }),
    daysOf: rememberDays(days),
    fixedRate: hours.values.length === 24,
    eitherDay: days.either,
  };
}

function restricts(token: Token | undefined): boolean {
  return token?.text !== '*' && token?.text !== '?';
}

function yearSet(years: number[]): Uint8Array {
  const set = new Uint8Array(lastYear - firstYear + 1);
  for (const year of years) set[year - firstYear] = 1;
  return set;
}

/** There are 28 kinds of month; each is worked out once. */
function rememberDays(rules: DayRules): (length: number, first: number) => number {
  const known = new Int32Array(28).fill(-1);
  return (length, first) => {
    const index = (length - 28) * 7 + first;
    let days = known[index] as number;
    if (days === -1) known[index] = days = daysOfMonth(rules, length, first);
    return days;
  };
}

/** The plain values of a field. What else a day field asks for goes into `days`. */
function readField(field: CronField, { text, index }: Token, seed: string, days: DayRules, fail: Fail): number[] {
  const values: number[] = [];
  let at = index;
  for (const written of text.split(',')) {
    const item = written.toUpperCase();
    try {
      if (item === '') throw new ItemFault(`Expected ${field.label}, got an empty place in the list ${show(text)}`);
      if (!readDayRule(field, item, item === text, days)) {
        for (const value of readValues(field, item, seed)) values.push(value);
      }
    } catch (fault) {
      if (fault instanceof ItemFault) throw fail(at, fault.message);
      throw fault;
    }
    at += written.length + 1;
  }
  return values;
}

function invalid(expression: string, field: string, reason: string, position: number): CarillonError {
  return new CarillonError('CRON_INVALID', `\`${field}\` ${show(expression)}, position ${position}: ${reason}.`, {
    field,
    value: expression,
    hint: 'Fields are [second] minute hour day-of-month month day-of-week [year]; `carillon next "<cron>"` shows what they mean.',
  });
}
