import { show } from '../../errors.js';
import { type CronField, checkValue, ItemFault, readValue } from './item.js';

/** What the two day fields ask for. Weekday 0 is Sunday; sets of weekdays are bits 0-6. */
export interface DayRules {
  /** Days of the month: bit n is day n + 1. */
  days: number;
  /** `L`, `L-3`: bit n is the last day minus n. */
  fromLast: number;
  /** `15W`: bit n is the working day nearest to day n + 1, in the same month. */
  nearest: number;
  /** `LW`: the last working day of the month. */
  lastWorking: boolean;
  weekdays: number;
  /** `MON#2`: the weekdays of the n-th week are at index n - 1. */
  nth: [number, number, number, number, number];
  /** `5L`: weekdays of which the last in the month is meant. */
  lastOf: number;
  /** A day matches when either field does, as cron has it; otherwise both must. */
  either: boolean;
}

export function noDays(): DayRules {
  return {
    days: 0,
    fromLast: 0,
    nearest: 0,
    lastWorking: false,
    weekdays: 0,
    nth: [0, 0, 0, 0, 0],
    lastOf: 0,
    either: false,
  };
}

/**
 * The matching days of a month of `length` days whose first is the weekday `first`: bit n is day n + 1. Nothing else
 * about a month counts, so there are 28 different ones.
 */
export function daysOfMonth(rules: DayRules, length: number, first: number): number {
  const byDate = datesOf(rules, length, first);
  const byWeekday = weekdaysOf(rules, length, first);
  return rules.either ? byDate | byWeekday : byDate & byWeekday;
}

function datesOf(rules: DayRules, length: number, first: number): number {
  let found = rules.days & (length === 31 ? 0x7fffffff : (1 << length) - 1);
  if (rules.lastWorking) found |= 1 << nearestWorking(length - 1, length, first);
  for (let day = 0; day < length; day++) {
    if ((rules.fromLast >> day) & 1) found |= 1 << (length - 1 - day);
    if ((rules.nearest >> day) & 1) found |= 1 << nearestWorking(day, length, first);
  }
  return found;
}

/** Saturday goes to Friday, Sunday to Monday, but never out of the month: the 1st to the 3rd, the last back to Friday. */
function nearestWorking(day: number, length: number, first: number): number {
  const weekday = (first + day) % 7;
  if (weekday === 6) return day > 0 ? day - 1 : day + 2;
  if (weekday === 0) return day < length - 1 ? day + 1 : day - 2;
  return day;
}

function weekdaysOf(rules: DayRules, length: number, first: number): number {
  let found = 0;
  for (let day = 0; day < length; day++) {
    let wanted = rules.weekdays | (rules.nth[Math.floor(day / 7)] as number);
    if (day + 7 >= length) wanted |= rules.lastOf;
    if ((wanted >> ((first + day) % 7)) & 1) found |= 1 << day;
  }
  return found;
}

/** Takes an item that only a day field knows into the rules; false when it is none. `alone`: not part of a list. */
export function readDayRule(field: CronField, item: string, alone: boolean, rules: DayRules): boolean {
  if (field.name === 'dayOfMonth') return readDate(field, item, alone, rules);
  if (field.name === 'dayOfWeek') return readWeekday(field, item, alone, rules);
  return false;
}

function readDate(field: CronField, item: string, alone: boolean, rules: DayRules): boolean {
  if (item === '?' && alone) rules.days = 0x7fffffff;
  else if (item === 'L') rules.fromLast |= 1;
  else if (item === 'LW') rules.lastWorking = true;
  else {
    const [, back, near] = /^(?:L-([0-9]+)|([0-9]+)W)$/.exec(item) ?? [];
    if (back !== undefined) {
      const count = Number(back);
      if (count < 1 || count > 30) throw new ItemFault(`Expected \`L-1\` to \`L-30\`, got ${show(item)}`);
      rules.fromLast |= 1 << count;
    } else if (near !== undefined) {
      checkValue(field, Number(near), item);
      rules.nearest |= 1 << (Number(near) - 1);
    } else return false;
  }
  return true;
}

function readWeekday(field: CronField, item: string, alone: boolean, rules: DayRules): boolean {
  if (item === '?' && alone) {
    rules.weekdays = 0x7f;
    return true;
  }
  if (item === 'L')
    throw new ItemFault('Expected the day whose last is meant before `L`, as in `5L` or `FRIL`, got "L"');
  const [, weekday, nth] = /^([0-9]+|[A-Z]{3})(?:L|#([0-9]+))$/.exec(item) ?? [];
  if (weekday === undefined) return false;
  const value = readValue(field, weekday, item);
  checkValue(field, value, item);
  const bit = 1 << (value % 7);
  if (nth === undefined) {
    rules.lastOf |= bit;
    return true;
  }
  const index = Number(nth) - 1;
  if (!(index in rules.nth)) throw new ItemFault(`Expected \`#1\` to \`#5\`, got ${show(item)}`);
  rules.nth[index] = (rules.nth[index] as number) | bit;
  return true;
}
