import type { SqlDialect, TaskDatabase } from '../../../core/task/services.js';
import { quoted, quotedTable } from '../sql/identifier.js';
import type { Row } from './mapping.js';

/** Where rows go, and what happens to those that are there. */
export interface TableTarget {
  table: string;
  key: readonly string[];
  /** Of a row with a key that is there: `update` writes it over, `ignore` leaves it. */
  onConflict: 'update' | 'ignore';
}

/** Most parameters a statement may have. */
const mostParameters: Record<SqlDialect, number> = { postgresql: 65_535, mysql: 65_535, sqlite: 32_766 };

/** How many rows of so many columns one statement takes. */
export function rowsPerStatement(dialect: SqlDialect, columns: number, wanted: number): number {
  return Math.max(1, Math.min(wanted, Math.floor(mostParameters[dialect] / Math.max(1, columns))));
}

/** Writes rows of equal columns by one statement: twice the same rows, and they are there once. */
export async function writeRows(
  database: TaskDatabase,
  target: TableTarget,
  rows: readonly Row[],
  signal: AbortSignal,
): Promise<void> {
  const columns = Object.keys(rows[0] ?? {});
  const last = lastByKey(rows, target);
  const sql = insertStatement(database.dialect, target, columns, last.length);
  const values = last.flatMap((row) => columns.map((column) => row[column]));
  await database.query(sql, values, { signal });
}

/** Of rows with the same key, the one that counts: PostgreSQL refuses to update a row twice in one statement. */
function lastByKey(rows: readonly Row[], { key, onConflict }: TableTarget): Row[] {
  const byKey = new Map<string, Row>();
  for (const row of rows) {
    const id = JSON.stringify(key.map((column) => row[column]));
    if (onConflict === 'update' || !byKey.has(id)) byKey.set(id, row);
  }
  return [...byKey.values()];
}

export function insertStatement(
  dialect: SqlDialect,
  { table, key, onConflict }: TableTarget,
  columns: readonly string[],
  rows: number,
): string {
  const name = (column: string) => quoted(column, dialect);
  const mark = (index: number) => (dialect === 'postgresql' ? `$${index + 1}` : '?');
  const tuples = Array.from(
    { length: rows },
    (_, row) => `(${columns.map((_, column) => mark(row * columns.length + column)).join(', ')})`,
  );
  const insert = `insert into ${quotedTable(table, dialect)} (${columns.map(name).join(', ')}) values ${tuples.join(', ')}`;
  const changed = onConflict === 'update' ? columns.filter((column) => !key.includes(column)) : [];
  if (dialect === 'mysql') {
    // An assignment that changes nothing is MySQL's way to leave a row alone without hiding other errors.
    const sets = changed.length > 0 ? changed : key.slice(0, 1);
    const change = (column: string) => (changed.length > 0 ? `values(${name(column)})` : name(column));
    return `${insert} on duplicate key update ${sets.map((column) => `${name(column)} = ${change(column)}`).join(', ')}`;
  }
  const sets = changed.map((column) => `${name(column)} = excluded.${name(column)}`).join(', ');
  return `${insert} on conflict (${key.map(name).join(', ')}) do ${sets === '' ? 'nothing' : `update set ${sets}`}`;
}
