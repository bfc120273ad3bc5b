import { type RawBuilder, sql } from 'kysely';

/** Columns of rows to write: name → PostgreSQL type and where the value comes from. */
export type Columns<Row> = Record<
  string,
  [type: 'text' | 'bigint' | 'boolean' | 'integer' | 'jsonb' | 'timestamptz', of: (row: Row) => unknown]
>;

/**
 * The rows as a table expression with the name `incoming`. Each column travels as one array, so that the statement and its
 * number of parameters are the same for one row and for thousands.
 */
export function incoming<Row>(columns: Columns<Row>, rows: Row[] = []): RawBuilder<unknown> {
  const values = parameters(columns, rows);
  const arrays = Object.values(columns).map(([type], index) => sql`${values[index]}::${sql.raw(type)}[]`);
  return sql`unnest(${sql.join(arrays)}) as incoming (${names(columns)})`;
}

/** The parameters of {@link incoming}, in its order. */
export function parameters<Row>(columns: Columns<Row>, rows: Row[]): unknown[][] {
  return Object.values(columns).map(([, of]) => rows.map((row) => of(row) ?? null));
}

/** The names, as a list for `insert into` and `select`. */
export function names<Row>(columns: Columns<Row>): RawBuilder<unknown> {
  return sql.join(Object.keys(columns).map((name) => sql.id(name)));
}

/** `set` clause that takes every column but the key from the row that could not be inserted. */
export function overwrite<Row>(columns: Columns<Row>, key: string[]): RawBuilder<unknown> {
  return sql.join(
    Object.keys(columns)
      .filter((name) => !key.includes(name))
      .map((name) => sql`${sql.id(name)} = ${sql.id('excluded', name)}`),
  );
}
