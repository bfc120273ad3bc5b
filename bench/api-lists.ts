import { fileURLToPath } from 'node:url';
import { createCarillonClient } from '../src/api/client/client.js';
import { createStore } from '../src/store/store.js';
import { startPglite } from '../test/servers/pglite.js';
import { startChild } from './child.js';
import { type Figure, percentile } from './figures.js';
import { fillJobs, jobOf } from './many-jobs.js';
import type { Stage } from './stage.js';

/** Jobs, ten runs each. */
const sizes = [1000, 10_000, 100_000];
/** A machine that needs longer to write a size than this is not asked about it. */
const fillBoundMs = 200_000;
const clients = 16;
/** Calls of each kind before it counts: they prepare what later ones find prepared. */
const warmUp = 3;

/**
 * How much longer do lists, jobs and histories take as there are more of them? One client asks over HTTP, each time for
 * something else. And how many requests a second does the API answer, beside a bare route and a bare procedure in the
 * same process? With CARILLON_TEST_POSTGRES_URL on that server, which must be empty, else on PGlite.
 */
export async function apiLists(_: Stage, quick: boolean): Promise<Figure[]> {
  const server = process.env.CARILLON_TEST_POSTGRES_URL;
  const database = server ? { url: server, stop: async () => {} } : await startPglite();
  const store = createStore({ url: database.url });
  await store.migrate();
  await store.close();
  const env = { ...process.env, BENCH_DATABASE_URL: database.url };
  const api = await startChild(fileURLToPath(new URL('./api-lists-main.ts', import.meta.url)), env, () => {});
  const [url, bareUrl] = (api.url as string).split(' ') as [string, string];
  try {
    const figures: Figure[] = [];
    let [smallest, filled, msEach] = [{} as Times, 0, 0];
    for (const size of quick ? [100, 500] : sizes) {
      if (msEach * (size - filled) > fillBoundMs) {
        console.log(
          `  ${size} jobs left out: to write them would take ${Math.round((msEach * size) / 60_000)} minutes`,
        );
        break;
      }
      const began = performance.now();
      await fillJobs(database.url, filled, size);
      msEach = (performance.now() - began) / (size - filled);
      // An installation's server does it within minutes.
      await tidy(database.url);
      filled = size;
      const times = await timesOf(url, size, quick ? 5 : 200);
      if (Object.keys(smallest).length === 0) smallest = times;
      else figures.push(...compared(size, times, smallest));
    }
    return [...figures, ...(await rates(url, bareUrl, filled, quick ? 100 : 3000))];
  } finally {
    await api.stop();
    await database.stop();
  }
}

type Times = Record<string, number[]>;

async function timesOf(url: string, size: number, calls: number): Promise<Times> {
  const { jobs, runs } = createCarillonClient({ url });
  const any = (call: number) => jobOf((call * 7919) % size);
  const asks: Record<string, (call: number) => Promise<unknown>> = {
    'jobs.get': (call) => jobs.get.query({ id: any(call).id }),
    'jobs.list': () => jobs.list.query({}),
    'jobs.list by state': () => jobs.list.query({ state: ['paused'] }),
    'jobs.list by task': (call) => jobs.list.query({ task: any(call).task }),
    'jobs.list by owner': (call) => jobs.list.query({ owner: any(call).owner }),
    'jobs.list by label': (call) => jobs.list.query({ labels: { team: any(call).team } }),
    'jobs.list by text': (call) => jobs.list.query({ text: any(call).word }),
    'jobs.list by next run': () => jobs.list.query({ nextRunFrom: '2027-01-01T00:00:00Z' }),
    'jobs.count': () => jobs.count.query({}),
    'runs.list': () => runs.list.query({}),
    'runs.list of a job': (call) => runs.list.query({ jobId: any(call).id }),
    'runs.list by state': () => runs.list.query({ state: ['failed'] }),
  };
  const times: Times = Object.fromEntries(Object.keys(asks).map((name) => [name, []]));
  for (let call = 0; call < calls + warmUp; call++) {
    for (const [name, ask] of Object.entries(asks)) {
      const began = performance.now();
      await ask(call);
      if (call >= warmUp) times[name]?.push(performance.now() - began);
    }
  }
  return times;
}

function compared(size: number, times: Times, smallest: Times): Figure[] {
  return Object.entries(times).flatMap(([name, ours]) =>
    Object.entries({ p50: 0.5, p99: 0.99 }).map(([label, share]): Figure => {
      const theirs = percentile(smallest[name] as number[], share);
      const line = { name: `${name}, ${size} jobs, ${label}`, unit: 'ms' as const, peer: 'fewest jobs', theirs };
      return { ...line, ours: percentile(ours, share), ...(label === 'p99' && { aim: '<= 2' }) };
    }),
  );
}

/** Requests a second of as many clients as keep the process busy, in turns with the peers. */
async function rates(url: string, bareUrl: string, size: number, requests: number): Promise<Figure[]> {
  const input = (value: object) => encodeURIComponent(JSON.stringify(value));
  const paths: Record<string, (call: number) => string> = {
    route: () => `${bareUrl}/hello`,
    procedure: () => `${bareUrl}/trpc/hello`,
    'jobs.count': () => `${url}/trpc/jobs.count?input=${input({})}`,
    'jobs.get': (call) => `${url}/trpc/jobs.get?input=${input({ id: jobOf((call * 7919) % size).id })}`,
    'runs.list of a job': (call) => `${url}/trpc/runs.list?input=${input({ jobId: jobOf(call % size).id })}`,
    'jobs.list': () => `${url}/trpc/jobs.list?input=${input({})}`,
  };
  const rate: Record<string, number> = {};
  for (const [name, path] of Object.entries(paths)) {
    await ask(path, Math.ceil(requests / 10));
    const began = performance.now();
    await ask(path, requests);
    rate[name] = (requests / (performance.now() - began)) * 1000;
  }
  return ['jobs.count', 'jobs.get', 'runs.list of a job', 'jobs.list'].flatMap((name) =>
    ['route', 'procedure'].map(
      (peer): Figure => ({
        ...{ name, unit: 'requests/s', ours: rate[name] as number },
        ...{ peer: `bare ${peer}`, theirs: rate[peer] as number },
      }),
    ),
  );
}

async function ask(path: (call: number) => string, requests: number): Promise<void> {
  let call = 0;
  const one = async () => {
    while (call < requests) {
      const response = await fetch(path(call++));
      const text = await response.text();
      if (!response.ok) throw new Error(`Expected an answer, got ${response.status}: ${text.slice(0, 200)}`);
    }
  };
  await Promise.all(Array.from({ length: clients }, one));
}

async function tidy(url: string): Promise<void> {
  const store = createStore({ url });
  await store.tidy();
  await store.close();
}
