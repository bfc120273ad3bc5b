import { show } from '../../errors.js';
import { hashOf } from '../hash.js';

/** A field of an expression and what may stand in it. */
export interface CronField {
  name: 'second' | 'minute' | 'hour' | 'dayOfMonth' | 'month' | 'dayOfWeek' | 'year';
  /** What was expected, in messages. */
  label: string;
  min: number;
  max: number;
  /** Upper case; the first is worth `min`. */
  names: string[];
  /** How many different values there are; ranges wrap around after so many. */
  span: number;
}

const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** Seconds first, the year last. */
export const cronFields: readonly CronField[] = [
  { name: 'second', label: 'second (0-59)', min: 0, max: 59, names: [], span: 60 },
  { name: 'minute', label: 'minute (0-59)', min: 0, max: 59, names: [], span: 60 },
  { name: 'hour', label: 'hour (0-23)', min: 0, max: 23, names: [], span: 24 },
  { name: 'dayOfMonth', label: 'day of month (1-31)', min: 1, max: 31, names: [], span: 31 },
  { name: 'month', label: 'month (1-12 or JAN-DEC)', min: 1, max: 12, names: months, span: 12 },
  { name: 'dayOfWeek', label: 'day of week (0-7 or SUN-SAT)', min: 0, max: 7, names: weekdays, span: 7 },
  { name: 'year', label: 'year (1970-2199)', min: 1970, max: 2199, names: [], span: 230 },
];

/** The reason why an item cannot be read; who knows its position makes it an error. */
export class ItemFault extends Error {}

/**
 * Reads an item that stands for values; weekday 7 stays 7. This is not left to cron-parser, which takes tenths of a
 * millisecond an item, refuses lists in which a value occurs twice, and knows neither `FRI-MON` nor years.
 */
export function readValues(field: CronField, item: string, seed: string): number[] {
  if (item.startsWith('H')) return hashed(field, item, seed);
  const part = /^(\*|[0-9]+|[A-Z]{3})(?:-([0-9]+|[A-Z]{3}))?(?:\/([0-9]+))?$/.exec(item);
  if (!part || (part[1] === '*' && part[2] !== undefined)) throw new ItemFault(misfit(field, item));
  const [, from = '', to, stepText] = part;
  const step = Number(stepText ?? 1);
  checkStep(field, item, step);
  const last = field.min + field.span - 1;
  if (from === '*') return sequence(field, field.min, last, step);
  const low = readValue(field, from, item);
  checkValue(field, low, item);
  // To the end of the field; Sunday, 0 or 7, is not counted twice there.
  if (to === undefined)
    return stepText === undefined ? [low] : sequence(field, low > last ? field.min : low, last, step);
  const high = readValue(field, to, item);
  checkValue(field, high, item);
  if (high >= low) return sequence(field, low, high, step);
  if (field.name === 'year') throw new ItemFault(`Expected years in ascending order, got ${show(item)}`);
  return sequence(field, low > last ? field.min : low, high, step);
}

/** Every `step`-th value from `low` to `high`, past the end of the field if `high` is the smaller one. */
function sequence(field: CronField, low: number, high: number, step: number): number[] {
  const length = high < low ? high + field.span - low : high - low;
  const values: number[] = [];
  for (let walked = 0; walked <= length; walked += step) {
    values.push(((low - field.min + walked) % field.span) + field.min);
  }
  return values;
}

/** `H`, `H/15`, `H(0-29)`, `H(0-29)/10` as Jenkins has it: a value, or the first of a step, drawn from the seed. */
function hashed(field: CronField, item: string, seed: string): number[] {
  const part = /^H(?:\(([0-9]+|[A-Z]{3})-([0-9]+|[A-Z]{3})\))?(?:\/([0-9]+))?$/.exec(item);
  if (!part) throw new ItemFault(`Expected \`H\`, \`H/15\`, \`H(0-29)\` or \`H(0-29)/10\`, got ${show(item)}`);
  if (field.name === 'year') throw new ItemFault('`H` means nothing in the year');
  const [, from, to, step] = part;
  const low = from === undefined ? field.min : readValue(field, from, item);
  // Up to the 28th, so that it occurs in every month.
  const last = field.name === 'dayOfMonth' ? 28 : field.min + field.span - 1;
  const high = to === undefined ? last : readValue(field, to, item);
  checkValue(field, low, item);
  checkValue(field, high, item);
  if (high < low) throw new ItemFault(`Expected a range in ascending order in \`H(a-b)\`, got ${show(item)}`);
  const hash = hashOf(`${seed}\n${field.name}`);
  if (step === undefined) return [low + (hash % (high - low + 1))];
  const every = Number(step);
  checkStep(field, item, every);
  if (every > high - low + 1) throw new ItemFault(`Expected a step of at most ${high - low + 1} in ${show(item)}`);
  return sequence(field, low + (hash % every), high, every);
}

export function readValue(field: CronField, text: string, item: string): number {
  if (/^[0-9]/.test(text)) return Number(text);
  const index = field.names.indexOf(text);
  if (index === -1) throw new ItemFault(misfit(field, item));
  return index + field.min;
}

export function checkValue(field: CronField, value: number, item: string): void {
  if (value < field.min || value > field.max) throw new ItemFault(`Expected ${field.label}, got ${show(item)}`);
}

function checkStep(field: CronField, item: string, step: number): void {
  if (step >= 1 && step <= field.span) return;
  const hint = step > field.span ? '; a longer interval is written `@every 90m`' : '';
  throw new ItemFault(`Expected ${field.label} with a step of 1 to ${field.span}, got ${show(item)}${hint}`);
}

function misfit(field: CronField, item: string): string {
  const special = /^(\?|L|W|.*#|[0-9]+W|[0-9]+L|[A-Z]{3}L)/.exec(item);
  const days = field.name === 'dayOfMonth' || field.name === 'dayOfWeek';
  if (!special) return `Expected ${field.label} as a number, a name, a range, a step or a list, got ${show(item)}`;
  const known = 'day of month takes `?`, `L`, `L-3`, `LW` and `15W`, day of week `?`, `5L` and `MON#2`';
  return `Expected ${field.label}, got ${show(item)}${days ? '' : ', which means nothing here'}; ${known}`;
}
