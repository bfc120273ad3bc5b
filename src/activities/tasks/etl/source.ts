import { z } from 'zod';
import { CarillonError, show } from '../../../core/errors.js';
import type { TaskContext } from '../../../core/task/context.js';
import type { SqlDialect, TaskDatabase } from '../../../core/task/services.js';
import { connectionName, statementText } from '../sql/fields.js';
import { columnName, quoted } from '../sql/identifier.js';
import { boundValues, parameterSchema } from '../sql/parameters.js';

const cursorValue = z.union([z.string(), z.number()]);
/** Where the rows that were read end. */
export type CursorValue = z.output<typeof cursorValue>;

export const sourceSchema = z.strictObject({
  connection: connectionName,
  query: statementText.describe('A select without a semicolon at its end.'),
  parameters: z.array(parameterSchema).max(1000).default([]).describe('Values to bind.'),
  cursor: z
    .strictObject({
      column: columnName.describe('A column of the query that only grows. Rows in which it is null are not read.'),
      initial: cursorValue.optional().describe('Where the first run begins, itself not included. Default: everything.'),
      inclusive: z.boolean().default(false).describe('Reads the rows that equal the last value once more.'),
    })
    .optional()
    .describe('Read only what lies after the last run that succeeded.'),
});
export type Source = z.output<typeof sourceSchema>;

/** Where to read on: what an earlier attempt of this run has written, else the last success, else the beginning. */
export async function startOf(source: Source, context: TaskContext, kept: unknown): Promise<Start> {
  if (!source.cursor) return {};
  if (kept !== undefined) return { after: kept as CursorValue, inclusive: true };
  const last = (await context.lastSuccess())?.result as { cursor?: unknown } | undefined;
  const value = cursorValue.safeParse(last?.cursor).data ?? source.cursor.initial;
  return value === undefined ? {} : { after: value, inclusive: source.cursor.inclusive };
}

export interface Start {
  after?: CursorValue;
  inclusive?: boolean;
}

/** The rows from there on, in the order of the cursor. */
export async function* readRows(
  database: TaskDatabase,
  source: Source,
  context: TaskContext,
  start: Start,
): AsyncGenerator<Record<string, unknown>> {
  const values = await boundValues(context, source.parameters);
  if (!source.cursor) return yield* database.stream(source.query, values, context.signal);
  const { column } = source.cursor;
  const sql = incremental(source.query, column, database.dialect, values.length, start);
  const parameters = start.after === undefined ? values : [...values, start.after];
  for await (const row of database.stream(sql, parameters, context.signal)) {
    if (!Object.hasOwn(row, column)) throw missing(column, row);
    yield row;
  }
}

/** @param before how many parameters the query has itself */
export function incremental(query: string, column: string, dialect: SqlDialect, before: number, start: Start): string {
  const name = `q.${quoted(column, dialect)}`;
  const mark = dialect === 'postgresql' ? `$${before + 1}` : '?';
  const condition =
    start.after === undefined ? `${name} is not null` : `${name} ${start.inclusive ? '>=' : '>'} ${mark}`;
  // On lines of its own: the query may end in a comment.
  return `select q.* from (\n${query}\n) as q where ${condition} order by ${name}`;
}

/** SQLite takes the quoted name of no column for a text. */
function missing(column: string, row: Record<string, unknown>): CarillonError {
  return new CarillonError(
    'ETL_VALUE_INVALID',
    `Expected \`source.cursor.column\` to be a column of the query, got ${show(column)}.`,
    { field: 'input.source.cursor.column', value: column, hint: `The query has ${Object.keys(row).join(', ')}.` },
  );
}
