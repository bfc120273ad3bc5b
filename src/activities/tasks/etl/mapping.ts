import { z } from 'zod';
import { CarillonError, show } from '../../../core/errors.js';

const constant = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** Where a column's value comes from, and what becomes of it, in this order. */
export const columnSchema = z.union([
  z.string().min(1).describe('A column of the source, as it is.'),
  z.strictObject({ value: constant.describe('The same for every row.') }),
  z.strictObject({
    from: z.string().min(1).describe('A column of the source.'),
    trim: z.boolean().optional().describe('Takes white space off both ends of a text.'),
    case: z.enum(['lower', 'upper']).optional(),
    nullIf: constant.optional().describe('This value becomes null.'),
    default: constant.optional().describe('Stands in for null.'),
    cast: z.enum(['text', 'integer', 'number', 'boolean', 'json', 'date', 'time']).optional(),
    epoch: z
      .enum(['seconds', 'millis'])
      .optional()
      .describe('What numbers mean to `date` and `time`. Default: seconds.'),
  }),
]);
export type Column = z.output<typeof columnSchema>;
export type Mapping = Record<string, Column>;
export type Row = Record<string, unknown>;

/** A function that makes rows of the target. Without a mapping they stay as they are. Its errors name the column. */
export function transformer(mapping: Mapping | undefined): (row: Row) => Row {
  if (!mapping) return (row) => row;
  const columns = Object.entries(mapping);
  return (row) => Object.fromEntries(columns.map(([name, column]) => [name, columnValue(row, name, column)]));
}

function columnValue(row: Row, name: string, column: Column): unknown {
  if (typeof column === 'string') return read(row, name, column);
  if ('value' in column) return column.value;
  let value = read(row, name, column.from);
  if (typeof value === 'string') {
    if (column.trim) value = value.trim();
    if (column.case)
      value = column.case === 'lower' ? (value as string).toLowerCase() : (value as string).toUpperCase();
  }
  if (column.nullIf !== undefined && value === column.nullIf) value = null;
  if (value === null && column.default !== undefined) value = column.default;
  if (value === null || column.cast === undefined) return value;
  const cast = casts[column.cast](value, column.epoch ?? 'seconds');
  if (cast !== undefined) return cast;
  throw invalid(name, `a value that is ${words[column.cast]}, got ${show(value)}`, value);
}

function read(row: Row, name: string, from: string): unknown {
  if (Object.hasOwn(row, from)) return row[from] ?? null;
  throw invalid(name, `the source to have a column ${show(from)}, got ${show(Object.keys(row))}`, from);
}

function invalid(name: string, wanted: string, value: unknown): CarillonError {
  const field = `columns.${name}`;
  return new CarillonError('ETL_VALUE_INVALID', `Expected \`${field}\`: ${wanted}.`, { field, value });
}

type Cast = Exclude<Column, string> extends infer T ? (T extends { cast?: infer C } ? NonNullable<C> : never) : never;
const words: Record<Cast, string> = {
  text: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  json: 'JSON',
  date: 'a date',
  time: 'a time',
};

/** What the value is as that; undefined: it is none. */
const casts: Record<Cast, (value: unknown, epoch: 'seconds' | 'millis') => unknown> = {
  text: (value) => textOf(value),
  integer: (value) => {
    if (typeof value === 'boolean') return Number(value);
    const text = textOf(value).trim();
    if (!/^[+-]?\d+(\.0*)?$/.test(text)) return undefined;
    const whole = BigInt(text.replace(/\.0*$/, '').replace(/^\+/, ''));
    return Number.isSafeInteger(Number(whole)) ? Number(whole) : whole.toString();
  },
  number: (value) => {
    const text = textOf(value).trim();
    const number = text === '' ? Number.NaN : Number(text);
    return Number.isFinite(number) && !/^[+-]?0[xob]/i.test(text) ? number : undefined;
  },
  boolean: (value) => {
    const text = textOf(value).trim().toLowerCase();
    if (['true', 't', 'yes', 'y', 'on', '1'].includes(text)) return true;
    return ['false', 'f', 'no', 'n', 'off', '0'].includes(text) ? false : undefined;
  },
  json: (value) => {
    if (typeof value !== 'string') return JSON.stringify(value);
    try {
      JSON.parse(value);
      return value;
    } catch {
      return undefined;
    }
  },
  date: (value, epoch) => timeOf(value, epoch)?.toISOString().slice(0, 10),
  time: (value, epoch) => timeOf(value, epoch)?.toISOString(),
};

function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** A number since 1970, or ISO 8601: a date, or a date and time, in UTC unless it has an offset. */
function timeOf(value: unknown, epoch: 'seconds' | 'millis'): Date | undefined {
  const text = textOf(value).trim();
  if (/^[+-]?\d+(\.\d+)?$/.test(text)) return existing(new Date(Number(text) * (epoch === 'seconds' ? 1000 : 1)));
  const parts = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)\s*(Z|[+-]\d\d(?::?\d\d)?)?)?$/i.exec(text);
  if (!parts) return undefined;
  const [, date, time = '00:00:00', offset = 'Z'] = parts;
  // A day that no month has would move on to the next one.
  if (
    existing(new Date(`${date}T00:00:00Z`))
      ?.toISOString()
      .slice(0, 10) !== date
  )
    return undefined;
  const zone = offset.replace(/^([+-]\d\d):?(\d\d)?$/, (_, hours, minutes = '00') => `${hours}:${minutes}`);
  return existing(new Date(`${date}T${time}${zone.toUpperCase()}`));
}

function existing(date: Date): Date | undefined {
  return Number.isNaN(date.getTime()) ? undefined : date;
}
