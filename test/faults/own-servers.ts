import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject, onTestFinished } from 'vitest';
import { freePort } from '../../src/embedded/free-port.js';
import { postgresUrl } from '../../src/embedded/postgres-url.js';
import { serverArguments } from '../../src/embedded/temporal/server-arguments.js';
import { createStore } from '../../src/store/store.js';
import { tempFolder } from '../embedded/temp-folder.js';
import { isAlive, until } from '../embedded/until.js';
import { testCache } from '../servers/pglite.js';
import { startPart } from './part.js';

/** A server that a test may kill and start again on the same files, at the same address. */
export interface OwnServer {
  address: string;
  /** kill -9; resolves once it is gone. */
  kill(): Promise<void>;
  /** Starts it again. */
  start(): Promise<void>;
}

/** A database of the test's own, migrated; `address` is its URL. */
export async function ownDatabase(): Promise<OwnServer> {
  const folder = tempFolder();
  const socketFolder = tempFolder();
  const launch = () => startPart('embedded/pglite-main', {}, [join(folder, 'postgres'), socketFolder, testCache()]);
  let part = await launch();
  const address = postgresUrl(socketFolder);
  const store = createStore({ url: address });
  await store.migrate();
  await store.close();
  return {
    address,
    kill: () => part.kill(),
    async start() {
      part = await launch();
    },
  };
}

/** A Temporal server of the test's own that keeps its state in a file; `address` is host:port. */
export async function ownTemporal(): Promise<OwnServer> {
  const folder = tempFolder();
  const pidFile = join(folder, 'temporal.pid');
  const [port, uiPort] = [await freePort(), await freePort()];
  const address = `127.0.0.1:${port}`;
  const args = serverArguments({ port, uiPort, database: join(folder, 'temporal.db') });
  const launch = () =>
    startPart('embedded/temporal/guardian-main', {}, [inject('temporalCli'), address, pidFile, ...args]);
  let guardian = await launch();
  let serverPid = Number(readFileSync(pidFile, 'utf8'));
  const kill = async () => {
    await guardian.kill();
    if (!(await isAlive(serverPid))) return;
    process.kill(serverPid, 'SIGKILL');
    await until('Temporal is gone', async () => !(await isAlive(serverPid)));
  };
  onTestFinished(kill);
  return {
    address,
    kill,
    async start() {
      guardian = await launch();
      serverPid = Number(readFileSync(pidFile, 'utf8'));
    },
  };
}
