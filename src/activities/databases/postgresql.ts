import pg from 'pg';
import type { TaskDatabase } from '../../core/task/services.js';
import type { ConnectionUrl } from './connection-url.js';
import type { OpenDatabase } from './databases.js';
import { databaseFailure } from './failure.js';
import { PostgresqlSession } from './postgresql-session.js';
import { readable } from './postgresql-values.js';

const connectBoundMs = 5000;
/** How long the server may take to cancel a statement, before its connection is cut. */
const cancelBoundMs = 1000;

/** A pool of connections to PostgreSQL. Nothing connects before the first statement. */
export function openPostgresql(name: string, url: ConnectionUrl): OpenDatabase {
  const settings = { connectionString: url.address, application_name: 'carillon-task', keepAlive: true };
  const pool = new pg.Pool({
    ...settings,
    connectionTimeoutMillis: connectBoundMs,
    max: 8,
    allowExitOnIdle: true,
    types: readable,
  });
  // The pool has already dropped the idle connection it reports here; the next statement opens a new one.
  pool.on('error', () => undefined);
  const failure = (error: unknown) => databaseFailure(error, name, url);

  async function borrow(signal: AbortSignal | undefined) {
    signal?.throwIfAborted();
    const client = await pool.connect().catch((error) => {
      throw failure(error);
    });
    let broken = false;
    // A pool listens for errors of idle clients only; without a listener a server that dies would end the process.
    const onError = () => {
      broken = true;
    };
    client.on('error', onError);
    return {
      session: new PostgresqlSession(client, () => cancelStatement(client), failure),
      /** A connection on which something failed is closed: it may be broken, or have a cancel on its way. */
      giveBack(failed: boolean) {
        client.release(broken || failed);
        client.removeListener('error', onError);
      },
    };
  }

  async function lend<Result>(
    signal: AbortSignal | undefined,
    work: (session: PostgresqlSession) => Promise<Result>,
  ): Promise<Result> {
    const { session, giveBack } = await borrow(signal);
    let failed = true;
    try {
      const result = await work(session);
      failed = false;
      return result;
    } finally {
      giveBack(failed);
    }
  }

  async function cancelStatement(client: pg.PoolClient): Promise<void> {
    const inner = client as unknown as { processID: number; connection: { stream: { destroy(): void } } };
    const cut = setTimeout(() => inner.connection.stream.destroy(), cancelBoundMs);
    client.once('end', () => clearTimeout(cut));
    const second = new pg.Client({ ...settings, connectionTimeoutMillis: cancelBoundMs });
    second.on('error', () => undefined);
    try {
      await second.connect();
      await second.query('select pg_cancel_backend($1)', [inner.processID]);
    } catch {
      // The connection is cut instead.
    } finally {
      await second.end().catch(() => undefined);
    }
  }

  return {
    dialect: 'postgresql',
    query: (sql, parameters, options) => lend(options?.signal, (session) => session.query(sql, parameters, options)),
    async *stream(sql, parameters, signal) {
      const { session, giveBack } = await borrow(signal);
      let failed = true;
      try {
        yield* session.stream(sql, parameters, signal);
        failed = false;
      } finally {
        giveBack(failed);
      }
    },
    transaction: (work, signal) => lend(signal, (session) => inTransaction(session, work, signal)),
    close: () => pool.end(),
  };
}

async function inTransaction<Result>(
  session: PostgresqlSession,
  work: (database: TaskDatabase) => Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  await session.query('begin', [], { signal });
  try {
    const result = await work(session);
    await session.query('commit', [], { signal });
    return result;
  } catch (error) {
    // So that its locks are gone when the caller hears of it. On a connection that is lost the server does the same.
    await session.query('rollback').catch(() => undefined);
    throw error;
  }
}
