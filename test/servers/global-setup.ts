import type { ProvidedContext } from 'vitest';
import type { TestProject } from 'vitest/node';
import { build } from '../../scripts/build.mjs';
import { createStore } from '../../src/store/store.js';
import { startDevServer, temporalCli } from './dev-server.js';
import { startPglite } from './pglite.js';
import { timeSkippingServer } from './time-skipping.js';

declare module 'vitest' {
  /** What a test gets by `inject(name)`. One of each is shared by all tests: keep to ids of your own. */
  interface ProvidedContext {
    /** host:port of a real Temporal server, in memory. */
    temporalAddress: string;
    temporalUi: string;
    /** The Temporal CLI, to start servers that a test may kill. */
    temporalCli: string;
    /** A migrated database on PGlite. */
    databaseUrl: string;
    /** Executable of the time-skipping server. */
    timeSkippingServer: string;
    workflowBundle: string;
  }
}

/** Once per test run: fetch what is missing, build, start the shared servers. CARILLON_SKIP_BUILD=1 leaves dist/ as it is. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [cli, timeSkipping] = await Promise.all([temporalCli(), timeSkippingServer()]);
  const { bundle } = await build({ skip: process.env.CARILLON_SKIP_BUILD === '1' });
  const [temporal, database] = await Promise.all([startDevServer({ cli }), startPglite()]);
  const stop = async () => {
    await Promise.all([temporal.stop(), database.stop()]);
  };
  try {
    const store = createStore({ url: database.url });
    await store.migrate();
    await store.close();
  } catch (error) {
    await stop();
    throw error;
  }
  const provided: ProvidedContext = {
    temporalAddress: temporal.address,
    temporalUi: `http://127.0.0.1:${temporal.uiPort}`,
    temporalCli: cli,
    databaseUrl: database.url,
    timeSkippingServer: timeSkipping,
    workflowBundle: bundle,
  };
  for (const [name, value] of Object.entries(provided)) project.provide(name as keyof ProvidedContext, value);
  return stop;
}
