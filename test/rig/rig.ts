import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import './runtime.js';
import { Client, Connection } from '@temporalio/client';
import type { temporal as proto } from '@temporalio/proto';
import { NativeConnection, type ReplayWorkerOptions, Worker } from '@temporalio/worker';
import { inject, onTestFinished } from 'vitest';
import { pass as passTime, type RunDependencies } from '../../src/activities/execute-run.js';
import { LedgerWriter } from '../../src/activities/ledger-writer.js';
import { storedSecrets } from '../../src/activities/secrets/stored.js';
import { createServices, type Services } from '../../src/activities/services/services.js';
import { builtInTasks } from '../../src/activities/tasks/index.js';
import { type CarillonClient, createCarillonClient } from '../../src/api/client/client.js';
import { createApiServer } from '../../src/api/http/server.js';
import { idOf } from '../../src/api/temporal/beginning.js';
import { Gateway } from '../../src/api/temporal/gateway.js';
import type { LedgerEntry } from '../../src/core/contract.js';
import { workflowId } from '../../src/core/ids.js';
import { TaskRegistry } from '../../src/core/task/registry.js';
import type { TaskSettings } from '../../src/core/task/services.js';
import type { AnyTask } from '../../src/core/task/task.js';
import { dataConverterOf, sealingBundle } from '../../src/keyring/data-converter.js';
import type { KeyRing } from '../../src/keyring/key-ring.js';
import { createStore, type Store } from '../../src/store/store.js';
import { createHeavyWorker, createSchedulerWorker } from '../../src/worker/workers.js';

type History = proto.api.history.v1.IHistory;
export type Recorded = LedgerEntry & { project: string; jobId: string };

/** A whole Carillon of its own on the shared servers: API, workers, store. Ends everything when disposed. */
export interface Rig {
  project: string;
  taskQueue: string;
  client: CarillonClient;
  url: string;
  temporal: Client;
  store: Store;
  /** Everything that reached the ledger, in order. */
  ledger: Recorded[];
  /** Resolves with the first entry that fits, past or to come. */
  recorded(fits: (entry: Recorded) => boolean): Promise<Recorded>;
  /** Resolves with the terminal entries of a job once there are so many. */
  ended(jobId: string, count: number): Promise<Recorded[]>;
  handle(jobId: string): ReturnType<Client['workflow']['getHandle']>;
  /** Replays every history, then ends everything. */
  close(): Promise<void>;
}

export interface RigOptions {
  tasks?: AnyTask[];
  heavy?: boolean;
  /** In place of the shared database. */
  databaseUrl?: string;
  store?: Store;
  /** In place of the shared Temporal server. */
  address?: string;
  /** What API and tasks take for the time, and how it passes in a worker. */
  now?: () => number;
  pass?: RunDependencies['pass'];
  /** What the configuration says to tasks. */
  settings?: TaskSettings;
  /** Where tasks' secrets are. */
  env?: Record<string, string>;
  /** In place of the usual ones. */
  services?: Partial<Services>;
  /** What API and workers seal with. */
  keyRing?: KeyRing;
  /** Payloads go to Temporal sealed. */
  sealPayloads?: boolean;
  /** Takes the lines of the API's log and of the workers'. */
  log?: (line: unknown) => void;
}

export async function startRig({
  tasks = [],
  heavy = false,
  databaseUrl,
  store: ownStore,
  address = inject('temporalAddress'),
  now = Date.now,
  pass = passTime,
  settings: ownSettings = {},
  env = {},
  services: ownServices,
  keyRing,
  sealPayloads = false,
  log = () => {},
}: RigOptions = {}): Promise<Rig> {
  const codePath = inject('workflowBundle');
  const bundle = sealPayloads ? sealingBundle(codePath) : { codePath };
  const dataConverter = dataConverterOf(keyRing && { keyRing, sealPayloads });
  const project = `t${randomUUID().slice(0, 8)}`;
  const taskQueue = `carillon-${project}`;
  const registry = new TaskRegistry([...builtInTasks, ...tasks]);
  const store = ownStore ?? createStore({ url: databaseUrl ?? inject('databaseUrl') });
  const ledger: Recorded[] = [];
  const news = new EventEmitter().setMaxListeners(0);
  const writer = new LedgerWriter({
    store,
    now: Date.now,
    onRecorded: (entries) => {
      ledger.push(...entries);
      news.emit('entry');
    },
    onTrouble: (message) => console.error(message),
  });
  const connection = await NativeConnection.connect({ address });
  const settings = { http: { allow: ['127.0.0.0/8', '::1/128'] }, ...ownSettings };
  const temporalLink = { connection, namespace: 'default', taskQueue, progressMs: 100, dataConverter };
  const stored = keyRing && storedSecrets(store.secrets, keyRing, Date.now);
  const services = { ...createServices(settings, { env, temporal: temporalLink, stored }), ...ownServices };
  const dependencies = { registry, ledger: writer, store, services, now, pass, log };
  const options = { connection, namespace: 'default', taskQueue, dependencies, dataConverter };
  const workers = [
    await createSchedulerWorker({ ...options, bundle }),
    ...(heavy ? [await createHeavyWorker(options)] : []),
  ];
  const running = Promise.all(workers.map((worker) => worker.run()));
  const gateway = new Gateway({ address, namespace: 'default', taskQueue, now, dataConverter });
  const started = new Set<string>();
  const begin = gateway.begin.bind(gateway);
  gateway.begin = async (ref, beginning) => {
    const fresh = await begin(ref, beginning);
    if (fresh) started.add(idOf(ref));
    return fresh;
  };
  const server = await createApiServer({
    store,
    gateway,
    registry,
    consoles: { temporalAddress: address, namespace: 'default' },
    version: 'test',
    host: '127.0.0.1',
    port: 0,
    settings,
    log: (level, message, fields) => {
      log({ level, message, ...fields });
      if (level === 'error') console.error(message, fields);
    },
    now,
    keyRing,
  });
  const clientConnection = await Connection.connect({ address });
  const temporal = new Client({ connection: clientConnection, dataConverter });

  const until = async <T>(read: () => T | undefined): Promise<T> => {
    for (;;) {
      const found = read();
      if (found !== undefined) return found;
      await once(news, 'entry');
    }
  };

  return {
    project,
    taskQueue,
    client: createCarillonClient({ url: server.url }),
    url: server.url,
    temporal,
    store,
    ledger,
    recorded: (fits) => until(() => ledger.find(fits)),
    ended: (jobId, count) =>
      until(() => {
        const entries = ledger.filter((entry) => entry.jobId === jobId && entry.finishedAt !== undefined);
        return entries.length >= count ? entries : undefined;
      }),
    handle: (jobId) => temporal.workflow.getHandle(workflowId(project, jobId)),
    async close() {
      await server.close();
      const workflows = [...started, ...(await runWorkflows(temporal, project))];
      await replayAll(temporal, workflows, { workflowBundle: bundle, dataConverter });
      for (const worker of workers) worker.shutdown();
      await running;
      await gateway.close();
      await clientConnection.close();
      await connection.close();
      await services.close();
      if (!ownStore) await store.close();
    },
  };
}

/** A rig for one test, which ends it. */
export async function useRig(options: RigOptions = {}): Promise<Rig> {
  const rig = await startRig(options);
  onTestFinished(() => rig.close());
  return rig;
}

/** Every execution of a job, the newest first: each that continued as new names the one before. */
export async function executionsOf(temporal: Client, id: string): Promise<{ runId: string; history: History }[]> {
  const chain: { runId: string; history: History }[] = [];
  let runId: string | undefined = (await temporal.workflow.getHandle(id).describe()).runId;
  while (runId) {
    const history: History = await temporal.workflow.getHandle(id, runId).fetchHistory();
    chain.push({ runId, history });
    runId = history.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId || undefined;
  }
  return chain;
}

/** Of gRPC. */
const unimplemented = 12;

/** Workflows that are runs, or parts of them. */
async function runWorkflows(temporal: Client, project: string): Promise<string[]> {
  const ids: string[] = [];
  const query = `WorkflowId STARTS_WITH "run:${project}:"`;
  try {
    for await (const { workflowId: id, taskQueue } of temporal.workflow.list({ query })) {
      if (taskQueue === `carillon-${project}`) ids.push(id);
    }
  } catch (error) {
    // The time-skipping server has no list.
    if ((error as { cause?: { code?: number } }).cause?.code !== unimplemented) throw error;
  }
  return ids;
}

/** Every workflow a test left is ended, and every history must replay with today's code. */
async function replayAll(temporal: Client, ids: Iterable<string>, options: ReplayWorkerOptions): Promise<void> {
  const histories = [];
  for (const id of ids) {
    await temporal.workflow
      .getHandle(id)
      .terminate('end of test')
      .catch(() => {});
    for (const { history } of await executionsOf(temporal, id)) histories.push({ workflowId: id, history });
  }
  if (histories.length === 0) return;
  const results = Worker.runReplayHistories(options, histories);
  for await (const { error, workflowId: id } of results) {
    if (error) throw new Error(`The history of ${id} does not replay: ${error.message}`, { cause: error });
  }
}
