import { z } from 'zod';
import { CarillonError } from '../../../core/errors.js';
import type { TaskContext } from '../../../core/task/context.js';
import type { QueryResult, TaskDatabase } from '../../../core/task/services.js';
import { defineTask } from '../../../core/task/task.js';
import { connectionName, statementText, timeSpan } from './fields.js';
import { jsonRow } from './json-value.js';
import { boundValues, parameterSchema } from './parameters.js';
import { withinTime } from './statement-time.js';

const parameterList = z.array(parameterSchema).max(1000).describe('Values to bind.');

const statement = z.strictObject({
  sql: statementText.describe("One statement; placeholders are the dialect's own, `$1` or `?`."),
  parameters: parameterList.default([]),
});

const input = z
  .strictObject({
    connection: connectionName,
    sql: statement.shape.sql.optional(),
    parameters: parameterList.optional(),
    statements: z.array(statement).min(1).max(100).optional().describe('Several statements, in order.'),
    transaction: z.boolean().default(true).describe('All of them or none.'),
    maxRows: z.int().min(0).max(100_000).default(1000).describe('Rows kept of each statement.'),
    statementTimeout: timeSpan.optional().describe("Bound of one statement. Default: the attempt's."),
  })
  .superRefine(({ sql, parameters, statements }, context) => {
    const fault = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (sql === undefined && !statements) fault('sql', 'Expected `sql` or `statements`, got neither.');
    if (sql !== undefined && statements) fault('statements', 'Expected `sql` or `statements`, got both.');
    if (parameters && sql === undefined) fault('parameters', 'Expected `parameters` beside `sql` only.');
  });

/**
 * Runs statements on a named database. Result: `{statements: [{rowCount, rows, more}]}`, in order; `more` says that
 * `maxRows` cut the rows. A run may be attempted again after its transaction was committed, should the worker die right
 * then: statements that must not count twice take the run id as a key.
 * Fails with CONNECTION_UNKNOWN, SQL_FAILED, SQL_PARAMETER_INVALID, SQL_TIMEOUT or DATABASE_UNAVAILABLE.
 */
export const sqlTask = defineTask({
  name: 'sql',
  description: 'Runs SQL statements on a named database, with bound parameters.',
  input,
  async run(context, { connection, sql, parameters, statements, transaction, maxRows, statementTimeout }) {
    const database = await context.db(connection);
    const single = sql !== undefined;
    const list = single ? [{ sql, parameters: parameters ?? [] }] : (statements ?? []);
    const work = async (target: TaskDatabase) => {
      const results: QueryResult[] = [];
      for (const [index, one] of list.entries()) {
        results.push(await runOne(target, one, single ? 'input' : `input.statements.${index}`));
        context.progress(index + 1, list.length);
      }
      return results;
    };
    const results = transaction ? await database.transaction(work, context.signal) : await work(database);
    return { statements: results.map(({ rowCount, rows, more }) => ({ rowCount, rows: rows.map(jsonRow), more })) };

    async function runOne(target: TaskDatabase, one: z.output<typeof statement>, path: string): Promise<QueryResult> {
      try {
        const values = await boundValues(context, one.parameters);
        return await withinTime(statementTimeout, context.signal, (signal) =>
          target.query(one.sql, values, { signal, maxRows }),
        );
      } catch (error) {
        throw located(error, path, context);
      }
    }
  },
});

/** The error with the path of the statement at fault. */
function located(error: unknown, path: string, { signal }: TaskContext): unknown {
  if (signal.aborted || !(error instanceof CarillonError)) return error;
  const { code, message, details } = error;
  if (code === 'SQL_PARAMETER_INVALID') {
    return new CarillonError(code, `\`${path}\`: ${message}`, { ...details, field: `${path}.${details.field}` });
  }
  if (code === 'SQL_FAILED') {
    return new CarillonError(code, `\`${path}.sql\`: ${message}`, { ...details, field: `${path}.sql` });
  }
  return error;
}
