import { randomUUID } from 'node:crypto';
import { Socket } from 'node:net';
import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient, type PostgresQueryResult } from 'kysely';
import pg from 'pg';
import { CarillonError, show } from '../core/errors.js';
import { isoTime } from '../core/ids.js';
import { storeFailure } from './failure.js';
import type { Database } from './schema.js';
import { storableText } from './storable.js';

export interface ConnectionOptions {
  /** `postgresql://user:password@host:port/database`; a Unix socket as `?host=/path/to/its/folder`. */
  url: string;
  poolSize: number;
  /** Bound of a connect, and of a statement, in milliseconds. 0: statements may take as long as they need. */
  timeoutMs: number;
}

export interface Connection {
  db: Kysely<Database>;
  /** Lets running statements end, then the connections, whether the server answers or not. */
  close(): Promise<void>;
}

const connectBoundMs = 5000;
const goodbyeBoundMs = 1000;

/**
 * A pool that outlives its server: a dead connection is dropped and replaced, and every failure surfaces as CarillonError
 * STORE_UNAVAILABLE or INTERNAL. Nothing connects before the first statement.
 */
export function connect({ url, poolSize, timeoutMs }: ConnectionOptions): Connection {
  assertUrl(url);
  const sockets = new Set<Socket>();
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    application_name: 'carillon',
    keepAlive: true,
    connectionTimeoutMillis: timeoutMs || connectBoundMs,
    ...(timeoutMs > 0 && { statement_timeout: timeoutMs, query_timeout: timeoutMs }),
    types: { getTypeParser },
    stream: () => tracked(new Socket(), sockets),
  });
  // The pool has already dropped the idle connection it reports here; the next statement opens a new one.
  pool.on('error', () => undefined);
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool: guard(pool) }) });
  return {
    db,
    async close() {
      await db.destroy();
      // The pool does not wait for the server's goodbye, and a socket without one would keep the process alive.
      const overdue = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, goodbyeBoundMs);
      await Promise.all([...sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve))));
      clearTimeout(overdue);
    },
  };
}

function tracked(socket: Socket, sockets: Set<Socket>): Socket {
  sockets.add(socket);
  return socket.once('close', () => sockets.delete(socket));
}

/** Times come out as RFC 3339, bigint as number, and jsonb as its text: only so do SQL NULL and JSON null differ. */
const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: unknown) => {
  if (oid === pg.types.builtins.TIMESTAMPTZ) return (text: string) => isoTime(toDate(text).getTime());
  if (oid === pg.types.builtins.INT8) return Number;
  if (oid === pg.types.builtins.JSONB) return (text: string) => text;
  return pg.types.getTypeParser(oid, format as 'text');
};
const toDate = pg.types.getTypeParser(pg.types.builtins.TIMESTAMPTZ, 'text') as (text: string) => Date;

function guard(pool: pg.Pool): PostgresPool {
  return {
    end: () => pool.end(),
    connect: async () => {
      try {
        return guardClient(await pool.connect());
      } catch (error) {
        throw storeFailure(error);
      }
    },
  };
}

/** A connection whose first outage is its last: further statements fail at once, and release closes it. */
function guardClient(client: pg.PoolClient): PostgresPoolClient {
  let outage: CarillonError | undefined;
  // A pool listens for errors of idle clients only; without a listener a server that dies would end the process.
  const onError = (error: Error) => {
    outage ??= storeFailure(error);
  };
  client.on('error', onError);
  const query = async <Row>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<Row>> => {
    if (outage) throw outage;
    try {
      const values = parameters.map(storableParameter);
      const name = preparedName(client, text);
      return (await client.query(name ? { name, text, values } : { text, values })) as pg.QueryResult &
        PostgresQueryResult<Row>;
    } catch (error) {
      const failure = storeFailure(error);
      if (failure.code === 'STORE_UNAVAILABLE') outage = failure;
      throw failure;
    }
  };
  return {
    query: query as PostgresPoolClient['query'],
    release() {
      client.release(outage);
      client.removeListener('error', onError);
    },
  };
}

/** Longer statements are written often and always the same; shorter ones are not worth a place in the server's memory. */
const preparedLength = 2000;
const clients = new WeakMap<pg.PoolClient, Map<string, string>>();

/** Name to prepare a statement under, once per connection. No two connections share one: PGlite has a single session. */
function preparedName(client: pg.PoolClient, text: string): string | undefined {
  if (text.length < preparedLength) return undefined;
  const names = clients.get(client) ?? new Map<string, string>();
  clients.set(client, names);
  const known = names.get(text) ?? `carillon-${randomUUID()}`;
  names.set(text, known);
  return known;
}

function storableParameter(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  return Array.isArray(value) ? value.map(storableParameter) : value;
}

function assertUrl(url: string): void {
  if (URL.canParse(url) && /^postgres(ql)?:$/.test(new URL(url).protocol)) return;
  // The value may hold a password: only what stands before it is shown.
  throw new CarillonError(
    'CONFIG_INVALID',
    `Expected the database \`url\` to be postgresql://…, got ${show(url.split(':')[0])}.`,
    {
      field: 'url',
      hint: 'Write postgresql://user:password@host:5432/database, or ?host=/folder for a Unix socket.',
    },
  );
}
