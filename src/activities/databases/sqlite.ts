import type { QueryOptions, QueryResult, TaskDatabase } from '../../core/task/services.js';
import { cancellable } from './cancellable.js';
import type { ConnectionUrl } from './connection-url.js';
import type { OpenDatabase } from './databases.js';
import { databaseFailure } from './failure.js';
import { checkedParameters } from './parameters.js';
import { SqliteProcess } from './sqlite-process.js';
import { checkSqliteStatement } from './sqlite-statement.js';

const rowsAtOnce = 200;
const everything = Number.MAX_SAFE_INTEGER;

/** An SQLite file. Each statement or transaction has a connection of its own while it lasts, in a process beside this one. */
export function openSqlite(name: string, url: ConnectionUrl): OpenDatabase {
  const idle: SqliteProcess[] = [];
  const all = new Set<SqliteProcess>();
  const failure = (error: unknown) => databaseFailure(error, name, url);

  function borrow(): SqliteProcess {
    const process = idle.pop();
    if (process?.alive) return process;
    const fresh = new SqliteProcess(url.address);
    all.add(fresh);
    return fresh;
  }

  /** One is kept at hand, unless it is in the middle of something. */
  async function giveBack(process: SqliteProcess, busy = false): Promise<void> {
    if (!busy && idle.length === 0 && process.alive) idle.push(process);
    else await end(process);
  }

  async function end(process: SqliteProcess): Promise<void> {
    await process.kill();
    all.delete(process);
  }

  async function lend<Result>(work: (database: TaskDatabase) => Promise<Result>): Promise<Result> {
    const process = borrow();
    try {
      return await work(session(process, failure));
    } finally {
      await giveBack(process);
    }
  }

  return {
    dialect: 'sqlite',
    query: (sql, parameters, options) => lend((database) => database.query(sql, parameters, options)),
    async *stream(sql, parameters, signal) {
      const process = borrow();
      let busy = true;
      try {
        yield* session(process, failure).stream(sql, parameters, signal);
        busy = false;
      } finally {
        await giveBack(process, busy);
      }
    },
    transaction: (work, signal) =>
      lend(async (database) => {
        // Taken for writing at once: two that read first and write later could only refuse each other.
        await database.query('begin immediate', [], { signal });
        try {
          const result = await work(database);
          await database.query('commit', [], { signal });
          return result;
        } catch (error) {
          await database.query('rollback').catch(() => undefined);
          throw error;
        }
      }),
    async close() {
      idle.length = 0;
      await Promise.all([...all].map(end));
    },
  };
}

function session(process: SqliteProcess, failure: (error: unknown) => Error): TaskDatabase {
  const ask = (request: Parameters<SqliteProcess['ask']>[0], signal: AbortSignal | undefined) =>
    cancellable(
      signal,
      () => process.kill(),
      () =>
        process.ask(request).catch((error) => {
          throw failure(error);
        }),
    );
  const own: TaskDatabase = {
    dialect: 'sqlite',
    async query(sql, parameters = [], { signal, maxRows }: QueryOptions = {}): Promise<QueryResult> {
      const count = maxRows === undefined ? everything : maxRows + 1;
      const { rows, rowCount, done } = await ask({ do: 'run', sql, parameters: bound(sql, parameters), count }, signal);
      if (!done) await ask({ do: 'leave' }, signal);
      if (maxRows === undefined || rows.length <= maxRows) return { rows, rowCount, more: false };
      return { rows: rows.slice(0, maxRows), rowCount: maxRows, more: true };
    },
    async *stream(sql, parameters = [], signal) {
      const request = { do: 'run', sql, parameters: bound(sql, parameters), count: rowsAtOnce } as const;
      for (let answer = await ask(request, signal); ; answer = await ask({ do: 'next', count: rowsAtOnce }, signal)) {
        yield* answer.rows;
        if (answer.done) return;
      }
    },
    transaction: (work) => work(own),
  };
  return own;
}

/** SQLite knows neither true nor times; whole numbers are sent as such, or they would be stored as fractions. */
function bound(sql: string, parameters: readonly unknown[]): unknown[] {
  checkSqliteStatement(sql, parameters.length);
  return checkedParameters(parameters, 'sqlite').map((value) => {
    if (typeof value === 'boolean') return value ? 1n : 0n;
    if (Number.isSafeInteger(value)) return BigInt(value as number);
    if (value instanceof Date) return value.toISOString();
    if (value === null || typeof value !== 'object') return value;
    return value instanceof Uint8Array ? value : JSON.stringify(value);
  });
}
