import type { PoolConnection as CoreConnection } from 'mysql2';
import mysql from 'mysql2/promise';
import type { QueryOptions, QueryResult, TaskDatabase } from '../../core/task/services.js';
import { cancellable } from './cancellable.js';
import type { ConnectionUrl } from './connection-url.js';
import type { OpenDatabase } from './databases.js';
import { databaseFailure } from './failure.js';
import { checkedParameters } from './parameters.js';

const connectBoundMs = 5000;
/** How long the server may take to kill a statement, before its connection is cut. */
const cancelBoundMs = 1000;

/** A pool of connections to MySQL or MariaDB, in UTC. Nothing connects before the first statement. */
export function openMysql(name: string, url: ConnectionUrl): OpenDatabase {
  const settings = {
    uri: url.address,
    charset: 'utf8mb4',
    connectTimeout: connectBoundMs,
    dateStrings: true,
    supportBigNumbers: true,
    jsonStrings: true,
    timezone: 'Z',
  };
  const pool = mysql.createPool({ ...settings, connectionLimit: 8, enableKeepAlive: true });
  pool.pool.on('connection', (connection) => {
    connection.query("set time_zone = '+00:00'");
  });
  const failure = (error: unknown) => databaseFailure(error, name, url);
  const connect = () =>
    pool.getConnection().catch((error) => {
      throw failure(error);
    });

  async function cancelStatement(connection: mysql.PoolConnection): Promise<void> {
    const cut = setTimeout(() => connection.destroy(), cancelBoundMs);
    try {
      const second = await mysql.createConnection({ ...settings, connectTimeout: cancelBoundMs });
      await second.query(`kill query ${Number(connection.threadId)}`);
      await second.end();
      clearTimeout(cut);
    } catch {
      connection.destroy();
      clearTimeout(cut);
    }
  }

  function session(connection: mysql.PoolConnection): TaskDatabase {
    const cancel = () => cancelStatement(connection);
    const own: TaskDatabase = {
      dialect: 'mysql',
      async query(sql, parameters = [], { signal, maxRows }: QueryOptions = {}): Promise<QueryResult> {
        const values = bound(parameters);
        if (maxRows !== undefined && /^\s*(select|with|show|table|values)\b/i.test(sql)) {
          return firstRows(own.stream(sql, parameters, signal), maxRows);
        }
        return cancellable(signal, cancel, async () => {
          try {
            const [rows] = await connection.execute(sql, values);
            if (!Array.isArray(rows)) return { rows: [], rowCount: rows.affectedRows, more: false };
            return { rows: rows as Record<string, unknown>[], rowCount: rows.length, more: false };
          } catch (error) {
            throw failure(error);
          }
        });
      },
      async *stream(sql, parameters = [], signal) {
        signal?.throwIfAborted();
        const stream = (connection.connection as unknown as CoreConnection)
          .execute(sql, bound(parameters))
          .stream({ highWaterMark: 200 });
        const rows = stream[Symbol.asyncIterator]() as AsyncIterableIterator<Record<string, unknown>>;
        let done = false;
        try {
          for (;;) {
            const next = await cancellable(signal, cancel, () => rows.next()).catch((error) => {
              throw signal?.aborted ? error : failure(error);
            });
            if (next.done) break;
            yield next.value;
          }
          done = true;
        } finally {
          // The protocol knows no end of a result that is left early, other than the connection's.
          if (!done) connection.destroy();
        }
      },
      transaction: (work) => work(own),
    };
    return own;
  }

  return {
    dialect: 'mysql',
    query: (sql, parameters, options) => lend((database) => database.query(sql, parameters, options)),
    async *stream(sql, parameters, signal) {
      const connection = await connect();
      try {
        yield* session(connection).stream(sql, parameters, signal);
      } finally {
        connection.release();
      }
    },
    transaction: (work, signal) =>
      lend(async (database, connection) => {
        signal?.throwIfAborted();
        try {
          await connection.beginTransaction();
          const result = await work(database);
          signal?.throwIfAborted();
          await connection.commit();
          return result;
        } catch (error) {
          await connection.rollback().catch(() => connection.destroy());
          throw signal?.aborted ? error : failure(error);
        }
      }),
    close: () => pool.end(),
  };

  async function lend<Result>(
    work: (database: TaskDatabase, connection: mysql.PoolConnection) => Promise<Result>,
  ): Promise<Result> {
    const connection = await connect();
    try {
      return await work(session(connection), connection);
    } finally {
      connection.release();
    }
  }
}

async function firstRows(stream: AsyncIterable<Record<string, unknown>>, maxRows: number): Promise<QueryResult> {
  const rows: Record<string, unknown>[] = [];
  for await (const row of stream) {
    if (rows.length === maxRows) return { rows, rowCount: rows.length, more: true };
    rows.push(row);
  }
  return { rows, rowCount: rows.length, more: false };
}

/** Whole numbers go as text: as a double, which is what the driver makes of them, MySQL refuses them after LIMIT. */
function bound(parameters: readonly unknown[]): (string | number | boolean | Uint8Array | null)[] {
  return checkedParameters(parameters, 'mysql').map((value) => {
    if (typeof value === 'bigint' || Number.isSafeInteger(value)) return String(value);
    if (value instanceof Date) return value.toISOString().replace('T', ' ').replace('Z', '');
    if (value === null || typeof value !== 'object') return value as string | number | boolean | null;
    return value instanceof Uint8Array ? value : JSON.stringify(value);
  });
}
