/*
 * A process that holds one SQLite connection. The library runs statements where it is called and cannot be interrupted
 * from outside: in a process of its own a long one holds nobody up, and is cancelled by ending the process, which rolls
 * back what was not committed.
 */
import Database from 'libsql';
import type { SqliteAnswer, SqliteRequest } from './sqlite-process.js';

type Row = Record<string, unknown>;

const database = new Database(process.argv[2] as string, { timeout: 5000 });
database.defaultSafeIntegers(true);
let rows: Iterator<Row> | undefined;

function answer(request: SqliteRequest): SqliteAnswer {
  if (request.do === 'next') return take(request.count);
  if (request.do === 'leave') {
    rows?.return?.();
    rows = undefined;
    return { rows: [], rowCount: 0, done: true };
  }
  const statement = database.prepare(request.sql);
  if (!statement.reader) {
    const { changes } = statement.run(request.parameters);
    return { rows: [], rowCount: changes, done: true };
  }
  rows = statement.iterate(request.parameters) as Iterator<Row>;
  return take(request.count);
}

function take(count: number): SqliteAnswer {
  const taken: Row[] = [];
  while (rows && taken.length < count) {
    const next = rows.next();
    if (next.done) rows = undefined;
    else taken.push(plain(next.value));
  }
  return { rows: taken, rowCount: taken.length, done: rows === undefined };
}

function plain(row: Row): Row {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plainValue(value)]));
}

/** Bytes as such; whole numbers as text where a JavaScript number would not be exact. */
function plainValue(value: unknown): unknown {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (typeof value !== 'bigint') return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}

process.on('message', (request: SqliteRequest) => {
  try {
    process.send?.(answer(request));
  } catch (error) {
    rows = undefined;
    const { message, code } = error as { message: string; code?: string };
    process.send?.({ error: { message, code: code ?? 'SQLITE_ERROR' } });
  }
});
process.once('disconnect', () => process.exit(0));
