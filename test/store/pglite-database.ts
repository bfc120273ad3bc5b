import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Extensions, PGlite } from '@electric-sql/pglite';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { prepareDatabase } from '../../src/embedded/postgres-template.js';
import { testCache } from '../servers/pglite.js';
import type { TestDatabase } from './conformance.js';

export interface PgliteDatabase extends TestDatabase {
  /** Takes the database away, its connections with it. What was written stays in its folder. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** PGlite in a temporary folder, behind a Unix socket there, with the extensions of `npm start` or others. */
export async function openPglite(extensions: Extensions = { pg_trgm }): Promise<PgliteDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'carillon-pglite-'));
  let running: { db: PGlite; server: PGLiteSocketServer } | undefined;
  await prepareDatabase(join(folder, 'data'), testCache());
  const start = async () => {
    const db = await PGlite.create(join(folder, 'data'), { extensions });
    const server = new PGLiteSocketServer({ db, path: join(folder, '.s.PGSQL.5432'), maxConnections: 64 });
    await server.start();
    running = { db, server };
  };
  const stop = async () => {
    await running?.server.stop();
    await running?.db.close();
    running = undefined;
  };
  await start();
  return {
    url: `postgresql://postgres@localhost/postgres?host=${folder}`,
    start,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
