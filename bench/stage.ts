import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { builtInTasks } from '../src/activities/tasks/index.js';
import { type CarillonClient, createCarillonClient } from '../src/api/client.js';
import { Gateway } from '../src/api/gateway.js';
import { TaskRegistry } from '../src/core/task.js';
import { createStore } from '../src/store/store.js';
import { startDevServer } from '../test/servers/dev-server.js';
import { startPglite } from '../test/servers/pglite.js';
import type { Ran } from './peer/activities.js';
import config from './tasks.js';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Everything a bench measures on: one Temporal server, one database, and each worker in a process of its own. */
export interface Stage {
  client: CarillonClient<typeof config>;
  temporal: Client;
  gateway: Gateway;
  registry: TaskRegistry;
  bareQueue: string;
  /** A name no other round has. */
  name(): string;
  /** Resolves with the lags (ms) of the next `count` runs, of jobs whose name begins with `prefix`. */
  runs(prefix: string, count: number): Promise<number[]>;
  close(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const [server, database] = await Promise.all([startDevServer(), startPglite()]);
  const store = createStore({ url: database.url });
  await store.migrate();
  await store.close();
  const bareQueue = 'bare';
  const env = { ...process.env, TEMPORAL_ADDRESS: server.address, CARILLON_DATABASE_URL: database.url };
  const news = new EventEmitter().setMaxListeners(0);
  const children = await Promise.all([
    startChild(here('../dist/worker/main.js'), { ...env, CARILLON_TASKS: here('./tasks.ts') }, news),
    startChild(
      here('../dist/api/main.js'),
      { ...env, CARILLON_API_PORT: '0', CARILLON_TASKS: here('./tasks.ts') },
      news,
    ),
    startChild(here('./peer/main.ts'), { ...env, BENCH_TASK_QUEUE: bareQueue }, news),
  ]);
  const connection = await Connection.connect({ address: server.address });
  const gateway = new Gateway({ address: server.address, namespace: 'default', taskQueue: 'carillon', now: Date.now });
  return {
    client: createCarillonClient<typeof config>({ url: children[1]?.url as string }),
    temporal: new Client({ connection }),
    gateway,
    registry: new TaskRegistry([...builtInTasks, ...config.tasks]),
    bareQueue,
    name: () => `b${randomUUID().slice(0, 8)}`,
    runs: (prefix, count) =>
      new Promise((resolve) => {
        const lags: number[] = [];
        const hear = ({ job, lagMs }: Ran) => {
          if (!job.startsWith(prefix)) return;
          lags.push(lagMs);
          if (lags.length < count) return;
          news.off('ran', hear);
          resolve(lags);
        };
        news.on('ran', hear);
      }),
    async close() {
      await gateway.close();
      await connection.close();
      await Promise.all(children.map(({ child }) => stopChild(child)));
      await Promise.all([server.stop(), database.stop()]);
    },
  };
}

interface Started {
  child: ChildProcess;
  url?: string;
}

async function startChild(path: string, env: NodeJS.ProcessEnv, news: EventEmitter): Promise<Started> {
  const execArgv = path.endsWith('.ts') ? ['--import', 'tsx'] : [];
  const child = fork(path, { env, execArgv, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const ready = new Promise<Started>((resolve, reject) => {
    child.on('message', (message: { type: string; url?: string }) => {
      if (message.type === 'ready') resolve({ child, url: message.url });
      else news.emit(message.type, message);
    });
    child.once('exit', (code) => reject(new Error(`${path} ended with code ${code} before it was ready.`)));
  });
  return ready;
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await ended;
  clearTimeout(timer);
}
