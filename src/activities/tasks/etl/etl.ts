import { z } from 'zod';
import { CarillonError } from '../../../core/errors.js';
import type { TaskContext } from '../../../core/task/context.js';
import { defineTask } from '../../../core/task/task.js';
import { connectionName } from '../sql/fields.js';
import { columnName, tableName } from '../sql/identifier.js';
import { contentTypes, fileOf } from './file.js';
import { columnSchema, type Row, transformer } from './mapping.js';
import { type CursorValue, readRows, sourceSchema, startOf } from './source.js';
import { rowsPerStatement, writeRows } from './table.js';

const table = z.strictObject({
  connection: connectionName,
  table: tableName,
  key: z
    .union([columnName, z.array(columnName).min(1).max(16)])
    .describe('Columns of a unique index: tell rows apart.'),
  onConflict: z.enum(['update', 'ignore']).default('update').describe('What becomes of a row whose key is there.'),
  batch: z.int().min(1).max(10_000).default(1000).describe('Rows written by one statement.'),
});
const file = z.strictObject({
  file: z
    .string()
    .regex(/^[\w-][\w.-]*(\/[\w-][\w.-]*)*$/, 'Expected a name such as `rows.csv` or `2026/rows.csv`.')
    .max(200)
    .describe("Name in the run's folder of the object store."),
  format: z.enum(['csv', 'ndjson']).describe('`csv` with a line of names first, or one JSON object on each line.'),
});

const input = z
  .strictObject({
    source: sourceSchema,
    columns: z
      .record(columnName, columnSchema)
      .refine((columns) => Object.keys(columns).length > 0, 'Expected at least one column, got none.')
      .optional()
      .describe('Columns of the target, and where they come from. Default: those of the query.'),
    onInvalid: z
      .enum(['fail', 'skip'])
      .default('fail')
      .describe('What becomes of a row with a value that cannot be cast.'),
    target: z.union([table, file]),
  })
  .superRefine(({ columns, target }, context) => {
    if (!columns || !('table' in target)) return;
    const missing = [target.key].flat().filter((column) => !Object.hasOwn(columns, column));
    if (missing.length === 0) return;
    const message = `Expected \`columns\` to have the key, got none named ${missing.join(', ')}.`;
    context.addIssue({ code: 'custom', path: ['target', 'key'], message });
  });

/** What an attempt has done for sure. */
interface Kept {
  read: number;
  written: number;
  skipped: number;
  cursor?: CursorValue;
}

/**
 * Copies rows from a query to a table or a file. Result: `{read, written, skipped, cursor?, location?}`. Into a table,
 * rows are told apart by a key, so that a second attempt leaves each of them there once; a file is replaced as a whole.
 */
export const etlTask = defineTask({
  name: 'etl',
  description: 'Copies the rows of a query to a table, or to a CSV or NDJSON file, through a mapping.',
  timeout: '1h',
  input,
  async run(context, { source, columns, onInvalid, target }) {
    const toTable = 'table' in target;
    // A file begins anew: what an earlier attempt has kept holds for tables.
    const kept = toTable ? (context.heartbeatDetails as Kept | undefined) : undefined;
    const done: Kept = { read: 0, written: 0, skipped: 0, ...kept };
    const from = await context.db(source.connection);
    const start = await startOf(source, context, kept?.cursor);
    if (done.cursor === undefined && start.after !== undefined) done.cursor = start.after;
    if (kept && kept.cursor === undefined) Object.assign(done, { read: 0, written: 0, skipped: 0 });
    const cursorColumn = source.cursor?.column;
    const transform = transformer(columns);

    async function* transformed(): AsyncGenerator<Row> {
      for await (const row of readRows(from, source, context, start)) {
        done.read += 1;
        const made = attempt(row);
        if (made) yield made;
        else done.skipped += 1;
        // Taken up once the row was handed on: what is kept never runs ahead of what is written.
        if (cursorColumn) done.cursor = row[cursorColumn] as CursorValue;
      }
    }

    function attempt(row: Row): Row | undefined {
      try {
        return transform(row);
      } catch (error) {
        if (!(error instanceof CarillonError)) throw error;
        if (onInvalid === 'fail') throw atRow(error, done.read);
        if (done.skipped < 10) context.log.warn(error.message, { row: done.read });
        return undefined;
      }
    }

    if (toTable) {
      const key = [target.key].flat();
      const into = await context.db(target.connection);
      let batch: Row[] = [];
      let limit = 1;
      const flush = async () => {
        if (batch.length > 0) await writeRows(into, { ...target, key }, batch, context.signal);
        done.written += batch.length;
        batch = [];
        report(context, done);
      };
      for await (const row of transformed()) {
        if (batch.length === 0) limit = rowsPerStatement(into.dialect, Object.keys(row).length, target.batch);
        batch.push(row);
        if (batch.length >= limit) await flush();
      }
      await flush();
      return { ...done };
    }

    const counted = async function* () {
      for await (const row of transformed()) {
        done.written += 1;
        if (done.written % 1000 === 0) context.progress(done.written, undefined, 'rows');
        yield row;
      }
    };
    const options = { contentType: contentTypes[target.format] };
    const location = await context.files.put(target.file, fileOf(counted(), target.format), options);
    context.progress(done.written, done.written, 'rows');
    return { ...done, location };
  },
});

function report(context: TaskContext, done: Kept): void {
  context.heartbeat({ ...done });
  context.progress(done.written, undefined, 'rows');
}

function atRow(error: CarillonError, row: number): CarillonError {
  return new CarillonError(error.code, `Row ${row}: ${error.message}`, {
    ...error.details,
    field: `input.${error.details.field}`,
    hint: 'Correct the row or its mapping, or set `onInvalid: skip`.',
  });
}
