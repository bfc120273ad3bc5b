import { CarillonError, show } from '../../core/errors.js';
import type { TaskDatabase, TaskSecrets, TaskSettings } from '../../core/task/services.js';
import { resolveInAddress } from '../secrets/resolve.js';
import { type ConnectionUrl, readConnectionUrl } from './connection-url.js';

/** A database that was opened: `close` ends its connections, once what runs has ended. */
export interface OpenDatabase extends TaskDatabase {
  close(): Promise<void>;
}

/** The named connections of a process. */
export interface Databases {
  /** Opens it at the first call. @throws CarillonError CONNECTION_UNKNOWN, CONFIG_INVALID */
  get(name: string): Promise<TaskDatabase>;
  close(): Promise<void>;
}

type Connections = NonNullable<TaskSettings['databases']>;

/** @param secrets where `secret://name` in an address is looked up, at its first use */
export function createDatabases(connections: Connections = {}, secrets?: TaskSecrets): Databases {
  const opened = new Map<string, Promise<OpenDatabase>>();
  return {
    async get(name) {
      const url = Object.hasOwn(connections, name) ? connections[name]?.url : undefined;
      if (url === undefined) throw unknown(name, Object.keys(connections));
      let database = opened.get(name);
      if (!database) {
        const address = secrets ? resolveInAddress(url, secrets) : Promise.resolve(url);
        database = address.then((text) => open(name, readConnectionUrl(name, text)));
        opened.set(name, database);
        // Another call tries again: the secret may be there by then.
        database.catch(() => opened.delete(name));
      }
      return database;
    },
    async close() {
      const all = [...opened.values()];
      opened.clear();
      await Promise.allSettled(all.map(async (database) => (await database).close()));
    },
  };
}

/** The drivers are loaded by who uses them. */
async function open(name: string, url: ConnectionUrl): Promise<OpenDatabase> {
  if (url.dialect === 'postgresql') return (await import('./postgresql.js')).openPostgresql(name, url);
  if (url.dialect === 'mysql') return (await import('./mysql.js')).openMysql(name, url);
  return (await import('./sqlite.js')).openSqlite(name, url);
}

function unknown(name: string, known: string[]): CarillonError {
  const there = known.length > 0 ? known.sort().join(', ') : 'none';
  return new CarillonError(
    'CONNECTION_UNKNOWN',
    `Expected \`connection\` to be a configured database (${there}), got ${show(name)}.`,
    {
      field: 'connection',
      value: name,
      hint: 'Name it under `databases` in carillon.config.ts, or in an environment variable; see docs/databases.md.',
    },
  );
}

const prefix = 'CARILLON_DATABASE_';

/**
 * The connections that the environment names: what follows the prefix, in lower case. `CARILLON_DATABASE_URL` is not
 * among them: that is where Carillon itself keeps its data.
 */
export function databasesFromEnv(env: Record<string, string | undefined>): Connections {
  const named = Object.entries(env).flatMap(([variable, url]) =>
    variable.startsWith(prefix) && variable !== `${prefix}URL` && url
      ? [[variable.slice(prefix.length).toLowerCase(), { url }] as const]
      : [],
  );
  return Object.fromEntries(named);
}
