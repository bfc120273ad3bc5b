import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { setTimeout as pass } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { builtInTasks } from '../src/activities/tasks/index.js';
import { type CarillonClient, createCarillonClient } from '../src/api/client/client.js';
import { Gateway } from '../src/api/temporal/gateway.js';
import { TaskRegistry } from '../src/core/task/registry.js';
import { createStore } from '../src/store/store.js';
import { startDevServer } from '../test/servers/dev-server.js';
import { startPglite } from '../test/servers/pglite.js';
import { type Child, startChild } from './child.js';
import type { Ran } from './peer/activities.js';
import config from './tasks.js';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const bareQueue = 'bare';
/** How often the server is asked whether all is done, in milliseconds. */
const lookMs = 50;

/** Everything a bench measures on: one Temporal server, one database, and each worker in a process of its own. */
export interface Stage {
  client: CarillonClient<typeof config>;
  temporal: Client;
  gateway: Gateway;
  registry: TaskRegistry;
  bareQueue: string;
  serverVersion: string;
  /** A name no other round has. */
  name(): string;
  /**
   * Resolves with the lags (ms) of the next `count` runs, of jobs whose name begins with `prefix`.
   * @throws Error when they have not all begun within `withinMs`
   */
  runs(prefix: string, count: number, options: { withinMs: number; fits?: (ran: Ran) => boolean }): Promise<number[]>;
  /** Resolves once no workflow is open whose id begins with `prefix`. */
  closed(prefix: string): Promise<void>;
  /** Another API on the same servers; who starts it stops it. */
  startApi(settings: NodeJS.ProcessEnv): Promise<Child>;
  close(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const [server, database] = await Promise.all([startDevServer(), startPglite()]);
  const store = createStore({ url: database.url });
  await store.migrate();
  await store.close();
  const env = {
    ...process.env,
    TEMPORAL_ADDRESS: server.address,
    CARILLON_DATABASE_URL: database.url,
    CARILLON_API_PORT: '0',
    CARILLON_AUTH: 'off',
    CARILLON_TASKS: here('./tasks.ts'),
    BENCH_TASK_QUEUE: bareQueue,
  };
  const news = new EventEmitter().setMaxListeners(0);
  const hear = (message: { type: string }) => news.emit(message.type, message);
  const [worker, api, peer] = await Promise.all([
    startChild(here('../dist/worker/main.js'), env, hear),
    startChild(here('../dist/api/main.js'), env, hear),
    startChild(here('./peer/main.ts'), env, hear),
  ]);
  const connection = await Connection.connect({ address: server.address });
  const temporal = new Client({ connection });
  const gateway = new Gateway({ address: server.address, namespace: 'default', taskQueue: 'carillon', now: Date.now });
  return {
    client: createCarillonClient<typeof config>({ url: api.url as string }),
    temporal,
    gateway,
    registry: new TaskRegistry([...builtInTasks, ...config.tasks]),
    bareQueue,
    serverVersion: (await connection.workflowService.getSystemInfo({})).serverVersion,
    name: () => `b${randomUUID().slice(0, 8)}`,
    runs: (prefix, count, { withinMs, fits = () => true }) =>
      new Promise((resolve, reject) => {
        const lags: number[] = [];
        const end = (settle: () => void) => {
          clearTimeout(timer);
          news.off('ran', onRan);
          settle();
        };
        const onRan = (ran: Ran) => {
          if (!ran.job.startsWith(prefix) || !fits(ran)) return;
          lags.push(ran.lagMs);
          if (lags.length === count) end(() => resolve(lags));
        };
        const timer = setTimeout(
          () => end(() => reject(new Error(`Expected ${count} runs within ${withinMs} ms, got ${lags.length}.`))),
          withinMs,
        );
        news.on('ran', onRan);
      }),
    async closed(prefix) {
      const query = `WorkflowId STARTS_WITH '${prefix}' AND ExecutionStatus = 'Running'`;
      while ((await temporal.workflow.count(query)).count > 0) await pass(lookMs);
    },
    startApi: (settings) => startChild(here('../dist/api/main.js'), { ...env, ...settings }, hear),
    async close() {
      await gateway.close();
      await connection.close();
      await Promise.all([worker, api, peer].map((child) => child.stop()));
      await Promise.all([server.stop(), database.stop()]);
    },
  };
}
