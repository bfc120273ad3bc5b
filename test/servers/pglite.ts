import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from '../../src/embedded/cache-folder.js';
import { postgresUrl } from '../../src/embedded/postgres-url.js';
import { startServerProcess } from './child.js';

export interface TestDatabase {
  url: string;
  stop(): Promise<void>;
}

/** The cache folder of this machine, which tests share with `npm start`. */
export function testCache(): string {
  return cacheFolder(process.env, homedir());
}

/**
 * Starts PGlite behind its socket, in a process that ends with this one.
 * @param data folder of the database's files, to start it again on the same data; default a new one, removed at the end
 */
export async function startPglite(data?: string): Promise<TestDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'carillon-pg-'));
  const files = data ?? join(folder, 'postgres');
  const server = await startServerProcess('pglite-main', [files, folder, testCache()]);
  return {
    url: postgresUrl(folder),
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
