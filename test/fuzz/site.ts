import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { startChild } from '../../bench/child.js';
import { makeApiKey } from '../../src/api/auth/api-key.js';
import { createCarillonClient } from '../../src/api/client/client.js';
import { createStore } from '../../src/store/store.js';
import { startDevServer } from '../servers/dev-server.js';
import { startPglite } from '../servers/pglite.js';

const built = (path: string) => fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));

/** An installation to send nonsense to: servers, a worker and an API, each a process of its own. */
export interface Site {
  url: string;
  /** Of who may do everything. */
  apiKey: string;
  close(): Promise<void>;
}

export async function openSite(): Promise<Site> {
  const [server, database] = await Promise.all([startDevServer(), startPglite()]);
  const store = createStore({ url: database.url });
  await store.migrate();
  await store.close();
  const apiKey = makeApiKey();
  const env = {
    ...process.env,
    TEMPORAL_ADDRESS: server.address,
    CARILLON_DATABASE_URL: database.url,
    CARILLON_API_PORT: '0',
    CARILLON_SECRET_KEY: randomBytes(32).toString('base64'),
    CARILLON_ADMIN_KEY: apiKey,
    // All of it comes from one caller, as fast as it can.
    CARILLON_RATE_LIMIT: '0',
    CARILLON_RATE_LIMIT_ADDRESS: '0',
    CARILLON_RATE_LIMIT_FAILURES: '0',
  };
  const [worker, api] = await Promise.all([
    startChild(built('worker/main.js'), env, () => {}),
    startChild(built('api/main.js'), env, () => {}),
  ]);
  const url = api.url as string;
  await addSamples(url, apiKey);
  return {
    url,
    apiKey,
    async close() {
      await Promise.all([worker, api].map((child) => child.stop()));
      await Promise.all([server.stop(), database.stop()]);
    },
  };
}

/** Something to find: a job that has run, a calendar, a backfill. */
async function addSamples(url: string, apiKey: string): Promise<void> {
  const client = createCarillonClient({ url, apiKey });
  await client.calendars.put.mutate({ name: 'holidays', rules: [{ date: '2026-12-25' }] });
  const schedule = { cron: '0 3 * * *', exclude: [{ calendar: 'holidays' }] };
  await client.jobs.create.mutate({ id: 'backup', task: 'log', input: { message: 'saving' }, schedule });
  await client.jobs.trigger.mutate({ id: 'backup', key: 'first' });
  const range = { from: '2026-11-01T00:00:00Z', to: '2026-11-03T00:00:00Z' };
  await client.backfills.create.mutate({ id: 'november', jobId: 'backup', ...range });
}
