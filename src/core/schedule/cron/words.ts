import cronstrue from 'cronstrue';
import { dayNames, joined, ordinal } from '../explain/word-lists.js';
import { type Cron, presets } from './fields.js';

/** The fields of an expression: seconds first, the year last and often absent. */
export interface CronTexts {
  second: string;
  minute: string;
  hour: string;
  dayOfMonth: string;
  month: string;
  dayOfWeek: string;
  year?: string;
}

/** The fields as a person wrote them, presets written out, without a zone. Expects an expression that was parsed. */
export function cronTexts(expression: string): CronTexts {
  const plain = expression.trim().replace(/^(?:CRON_)?TZ=\S+\s+/i, '');
  const parts = (presets[plain.toLowerCase()] ?? plain).split(/\s+/);
  const [second, minute, hour, dayOfMonth, month, dayOfWeek, year] = (parts.length === 5 ? ['0', ...parts] : parts) as [
    string,
    string,
    string,
    string,
    string,
    string,
    string?,
  ];
  return { second, minute, hour, dayOfMonth, month, dayOfWeek, ...(year !== undefined && { year }) };
}

/**
 * An expression in words. cronstrue tells the time, the month and the year; days it tells only where they are plain,
 * for it leaves items out of lists of `L` and `W`, and says "and" where either day field is enough.
 * @param and whether a day must match both day fields
 */
export function cronWords(expression: string, cron: Cron, and: boolean): string {
  const texts = cronTexts(expression);
  const { dayOfMonth, dayOfWeek } = texts;
  const ownDays =
    /[LWH]/i.test(withoutNames(dayOfMonth)) ||
    /[L#]|^H/i.test(dayOfWeek) ||
    (restricts(dayOfMonth) && restricts(dayOfWeek));
  const drawn = (text: string, values: number[]) => (/H/.test(text) ? values.join(',') : text);
  const fields = [
    drawn(texts.second, cron.second.values),
    drawn(texts.minute, cron.minute.values),
    drawn(texts.hour, cron.hour.values),
    ownDays ? '*' : dayOfMonth,
    /H/.test(withoutNames(texts.month)) ? '*' : texts.month,
    ownDays ? '*' : dayOfWeek,
    texts.year ?? '*',
  ];
  const said = sentence(fields.join(' '));
  if (said === undefined) return `cron ${expression}`;
  return ownDays ? `${said}, ${dayWords(texts, cron, and)}` : said;
}

function sentence(expression: string): string | undefined {
  try {
    const words = cronstrue.toString(expression, { use24HourTimeFormat: true, verbose: false });
    return words.charAt(0).toLowerCase() + words.slice(1);
  } catch {
    return undefined;
  }
}

function dayWords({ dayOfMonth, dayOfWeek }: CronTexts, cron: Cron, and: boolean): string {
  const dates = restricts(dayOfMonth) ? `on ${datesInWords(dayOfMonth, cron)}` : '';
  const weekdays = restricts(dayOfWeek) ? `on ${weekdaysInWords(dayOfWeek, cron)}` : '';
  if (!dates || !weekdays) return dates || weekdays;
  return and ? `${dates}, only if that is also ${weekdays}` : `${dates} or ${weekdays}`;
}

function datesInWords(text: string, cron: Cron): string {
  const items = text
    .toUpperCase()
    .split(',')
    .map((item) => {
      const [, first, last, step] = /^(\d+|\*)(?:-(\d+))?(?:\/(\d+))?$/.exec(item) ?? [];
      if (first !== undefined)
        return span(first === '*' ? 'day 1' : `day ${first}`, last && `day ${last}`, step, 'days');
      if (item === 'L') return 'the last day';
      if (item === 'LW' || item === 'WL') return 'the last working day';
      if (/^L-\d+$/.test(item)) return `${item.slice(2)} ${item === 'L-1' ? 'day' : 'days'} before the last day`;
      if (/^\d+W$/.test(item)) return `the working day nearest day ${item.slice(0, -1)}`;
      return joined(drawnDays(cron).map((day) => `day ${day}`));
    });
  return `${joined(items)} of the month`;
}

function weekdaysInWords(text: string, cron: Cron): string {
  const items = text
    .toUpperCase()
    .split(',')
    .map((item) => {
      const [, name = '', nth] = /^([A-Z]{3}|\d)#(\d)$/.exec(item) ?? [];
      if (nth !== undefined) return `the ${ordinal(Number(nth))} ${weekday(name)} of the month`;
      if (/^([A-Z]{3}|\d)L$/.test(item)) return `the last ${weekday(item.slice(0, -1))} of the month`;
      const [, first, last, step] = /^([A-Z]{3}|\d|\*)(?:-([A-Z]{3}|\d))?(?:\/(\d+))?$/.exec(item) ?? [];
      if (first !== undefined)
        return span(first === '*' ? 'Sunday' : weekday(first), last && weekday(last), step, 'days');
      if (item === 'L') return 'Saturday';
      return joined(drawnWeekdays(cron).map((day) => dayNames[day] as string));
    });
  return joined(items);
}

function span(first: string, last: string | undefined, step: string | undefined, unit: string): string {
  const from = last === undefined ? first : `${first} to ${last}`;
  return step === undefined ? from : `every ${step} ${unit} from ${from}`;
}

function weekday(text: string): string {
  const names = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
  return dayNames[/^\d$/.test(text) ? Number(text) % 7 : names.indexOf(text)] ?? text;
}

/** Days of the month that match whatever weekday the month begins on: those that `H` drew. */
function drawnDays(cron: Cron): number[] {
  const always = [0, 1, 2, 3, 4, 5, 6].reduce((days, first) => days & cron.daysOf(31, first), 0x7fffffff);
  return Array.from({ length: 31 }, (_, index) => index + 1).filter((day) => (always >>> (day - 1)) & 1);
}

/** Weekdays that match in the first week of a month that begins on a Sunday. */
function drawnWeekdays(cron: Cron): number[] {
  const days = cron.daysOf(31, 0);
  return [0, 1, 2, 3, 4, 5, 6].filter((day) => (days >>> day) & 1);
}

function withoutNames(text: string): string {
  return text.toUpperCase().replace(/JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC/g, '');
}

function restricts(text: string): boolean {
  return text !== '*' && text !== '?';
}
