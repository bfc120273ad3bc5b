/**
 * Process entry: PGlite, which is PostgreSQL in the process, behind a socket that the ordinary `pg` driver reaches.
 * Sends {type: 'ready'} once it serves; ends on SIGTERM and when whoever started it is gone.
 *
 * Arguments: data folder, folder of the socket, cache folder.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { createStore } from '../store/store.js';
import { acquireLock } from './lock.js';
import { prepareDatabase } from './postgres-template.js';
import { postgresUrl, socketFile } from './postgres-url.js';

/** Sessions of the API (4), the scheduler worker (4), the heavy worker (2), migrations, and people looking in. */
const maxConnections = 32;
/** The engine has no autovacuum: this often, what it would do is looked after. */
const tidyEveryMs = 60_000;
const [data, socketFolder, cache] = process.argv.slice(2) as [string, string, string];

mkdirSync(socketFolder, { recursive: true, mode: 0o700 });
// A predecessor whose supervisor was killed may still be closing the same files: two at once would damage them.
const lock = await acquireLock(join(socketFolder, 'database.lock'), { waitMs: 10_000 });
if ('heldBy' in lock) throw new Error(`The database is still open in process ${lock.heldBy}.`);
const { release } = lock;
rmSync(join(socketFolder, socketFile), { force: true });

await prepareDatabase(data, cache);
const database = await PGlite.create(data, { relaxedDurability: false, extensions: { pg_trgm } });
const execute = database.execProtocolRawStream.bind(database);
database.execProtocolRawStream = async (message, options) => {
  try {
    await execute(message, options);
  } catch (error) {
    // SQL errors are answers, they do not come here. This is the engine itself failing, after which the socket
    // server answers nobody: start afresh, the write-ahead log has what was acknowledged.
    process.stderr.write(`The database engine failed: ${error}\n`);
    process.exit(1);
  }
};
const server = new PGLiteSocketServer({ db: database, path: join(socketFolder, socketFile), maxConnections });
await server.start();

const store = createStore({ url: postgresUrl(socketFolder) });
let housekeeping = setTimeout(keepTidy, tidyEveryMs);
async function keepTidy(): Promise<void> {
  await store.tidy().catch((error) => ending || process.stderr.write(`The database was not tidied: ${error}\n`));
  if (!ending) housekeeping = setTimeout(keepTidy, tidyEveryMs);
}

let ending = false;
async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  clearTimeout(housekeeping);
  await server.stop();
  await database.close();
  release();
  process.exit(0);
}
process.once('SIGTERM', end);
process.once('disconnect', end);
process.send?.({ type: 'ready' });
