import type { SqlDialect } from '../../../core/task/services.js';
import { quoted, quotedTable } from '../sql/identifier.js';

/** What the column holds. */
export type ColumnKind = 'time' | 'epochSeconds' | 'epochMillis';

export interface Expiry {
  dialect: SqlDialect;
  table: string;
  column: string;
  kind: ColumnKind;
  cutoff: Date;
  /** A condition in the dialect's SQL, trusted. */
  where?: string;
  /** Columns that tell rows apart; none: the dialect's own row id. */
  key: readonly string[];
  chunk: number;
}

export interface Statement {
  sql: string;
  parameters: unknown[];
}

/** How many rows are to go. */
export function countStatement(expiry: Expiry): Statement {
  const { text, parameters } = condition(expiry, 0);
  return {
    sql: `select count(*) as rows_found from ${quotedTable(expiry.table, expiry.dialect)} where ${text}`,
    parameters,
  };
}

/**
 * Deletes the oldest rows, at most `chunk`. The outer condition repeats the inner one: a row that another transaction
 * renews between the choice and the delete is looked at again, and stays.
 */
export function deleteStatement(expiry: Expiry): Statement {
  const { dialect, chunk, key } = expiry;
  const table = quotedTable(expiry.table, dialect);
  const column = quoted(expiry.column, dialect);
  const inner = condition(expiry, 0);
  const bound = Math.trunc(chunk);
  if (dialect === 'mysql') {
    return {
      sql: `delete from ${table} where ${inner.text} order by ${column} limit ${bound}`,
      parameters: inner.parameters,
    };
  }
  const names = key.length > 0 ? key.map((name) => quoted(name, dialect)) : [dialect === 'sqlite' ? 'rowid' : 'ctid'];
  const chosen = `select ${names.join(', ')} from ${table} where ${inner.text} order by ${column} limit ${bound}`;
  const outer = condition(expiry, inner.parameters.length);
  const own = key.length === 0 && dialect === 'postgresql';
  const among = own ? `ctid = any(array(${chosen}))` : `(${names.join(', ')}) in (${chosen})`;
  return {
    sql: `delete from ${table} where ${among} and ${outer.text}`,
    parameters: [...inner.parameters, ...outer.parameters],
  };
}

/** @param before how many parameters the statement has already */
function condition(
  { dialect, column: name, kind, cutoff, where }: Expiry,
  before: number,
): { text: string; parameters: unknown[] } {
  const column = quoted(name, dialect);
  const mark = (index: number) => (dialect === 'postgresql' ? `$${before + index}` : '?');
  const more = where === undefined ? '' : ` and (${where}\n)`;
  if (kind !== 'time') {
    const limit = kind === 'epochMillis' ? cutoff.getTime() : Math.ceil(cutoff.getTime() / 1000);
    return { text: `${column} < ${mark(1)}${more}`, parameters: [limit] };
  }
  if (dialect !== 'sqlite') return { text: `${column} < ${mark(1)}${more}`, parameters: [timeText(cutoff, dialect)] };
  // SQLite has times in several spellings, which only its own function compares. The first part lets it use an index:
  // whatever the spelling and the offset, older times are below the day after tomorrow.
  const later = new Date(cutoff.getTime() + 2 * 86_400_000).toISOString().slice(0, 10);
  return {
    text: `${column} < ? and julianday(${column}) < julianday(?)${more}`,
    parameters: [later, cutoff.toISOString()],
  };
}

function timeText(time: Date, dialect: SqlDialect): string {
  const text = time.toISOString();
  return dialect === 'mysql' ? text.replace('T', ' ').replace('Z', '') : text;
}
