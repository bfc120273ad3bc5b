import { z } from 'zod';
import type { SqlDialect } from '../../../core/task/services.js';

/** Name of a table or column as the database has it, capitals included. */
export const columnName = z
  .string()
  .min(1)
  .refine((text) => Buffer.byteLength(text) <= 128, 'Expected a name of at most 128 bytes.')
  .refine((text) => !/\p{Cc}|\p{Surrogate}/u.test(text), 'Expected a name without control characters.');

/** `table`, `schema.table` or, where there is such a thing, `catalog.schema.table`. */
export const tableName = columnName.refine((text) => {
  const parts = text.split('.');
  return parts.length <= 3 && parts.every((part) => part !== '');
}, 'Expected a table such as `orders` or `sales.orders`.');

/** The name as the dialect quotes it: nothing in it ends the quotes. */
export function quoted(name: string, dialect: SqlDialect): string {
  const mark = dialect === 'mysql' ? '`' : '"';
  return `${mark}${name.replaceAll(mark, mark + mark)}${mark}`;
}

export function quotedTable(name: string, dialect: SqlDialect): string {
  return name
    .split('.')
    .map((part) => quoted(part, dialect))
    .join('.');
}
