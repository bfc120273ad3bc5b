import { randomUUID } from 'node:crypto';
import { inject, onTestFinished } from 'vitest';
import { builtInTasks } from '../../src/activities/tasks/index.js';
import type { Directory } from '../../src/api/access/caller.js';
import type { Authenticator } from '../../src/api/auth/authenticator.js';
import type { OidcSettings } from '../../src/api/auth/oidc/settings.js';
import { type CarillonClient, createCarillonClient, toCarillonError } from '../../src/api/client/client.js';
import { type ApiServer, type ApiServerOptions, createApiServer } from '../../src/api/http/server.js';
import type { Tls } from '../../src/api/http/tls.js';
import { noLimits } from '../../src/api/limits/rate-limits.js';
import { Gateway } from '../../src/api/temporal/gateway.js';
import type { CarillonError } from '../../src/core/errors.js';
import { TaskRegistry } from '../../src/core/task/registry.js';
import type { AnyTask } from '../../src/core/task/task.js';
import type { KeyRing } from '../../src/keyring/key-ring.js';
import { createStore, type Store } from '../../src/store/store.js';

/** An API on the shared servers, on a task queue where no worker is. It ends with the test. */
export interface ApiOnly {
  project: string;
  url: string;
  client: CarillonClient;
  store: Store;
  gateway: Gateway;
  server: ApiServer;
  /** Lines of the API's log. */
  log: { level: string; message: string; fields?: Record<string, unknown> }[];
  /** Ends the server before the test ends; the store stays open. */
  stop(): Promise<void>;
}

export interface ApiOnlyOptions {
  databaseUrl?: string;
  /** Default: a free one. */
  port?: number;
  temporalAddress?: string;
  project?: string;
  taskQueue?: string;
  now?: () => number;
  /** How long commands and queries wait for a worker, in milliseconds. Default 500: for tests in which none is there. */
  patienceMs?: number;
  /** Beside the built-in ones. */
  tasks?: readonly AnyTask[];
  /** Absent: authentication is off. */
  authenticators?: readonly Authenticator[];
  keyRing?: KeyRing;
  tls?: Tls;
  /** What the client comes with. */
  apiKey?: string;
  /** How long the database may take, in milliseconds. Default: the store's own. */
  storeTimeoutMs?: number;
  oidc?: OidcSettings;
  directory?: Directory;
  /** What else the server is given. */
  server?: Partial<ApiServerOptions>;
}

/** An address at which nothing listens. */
export const deadDatabase = 'postgresql://postgres@127.0.0.1:1/postgres';
export const deadTemporal = '127.0.0.1:1';

export async function startApiOnly(options: ApiOnlyOptions = {}): Promise<ApiOnly> {
  const project = options.project ?? `a${randomUUID().slice(0, 8)}`;
  const { databaseUrl = inject('databaseUrl'), temporalAddress = inject('temporalAddress') } = options;
  const { now = Date.now, patienceMs = 500 } = options;
  const taskQueue = options.taskQueue ?? `carillon-${project}`;
  const store = createStore({ url: databaseUrl, timeoutMs: options.storeTimeoutMs });
  const gateway = new Gateway({
    ...{ address: temporalAddress, namespace: 'default', taskQueue, now: Date.now },
    ...{ commandTimeoutMs: patienceMs, queryTimeoutMs: patienceMs },
  });
  const log: ApiOnly['log'] = [];
  const server = await createApiServer({
    ...{
      store,
      gateway,
      now,
      registry: new TaskRegistry([...builtInTasks, ...(options.tasks ?? [])]),
      version: '1.2.3',
      authenticators: options.authenticators,
      host: '127.0.0.1',
      port: options.port ?? 0,
    },
    consoles: { temporalAddress, namespace: 'default', temporalUi: 'http://127.0.0.1:8233/' },
    log: (level, message, fields) => log.push({ level, message, fields }),
    ...{ authenticators: options.authenticators, keyRing: options.keyRing, tls: options.tls },
    ...{ oidc: options.oidc, directory: options.directory },
    // All tests come from one address.
    rateLimits: noLimits,
    ...options.server,
  });
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= server.close();
    return stopped;
  };
  onTestFinished(async () => {
    await stop();
    await Promise.all([store.close(), gateway.close()]);
  });
  const client = createCarillonClient({ url: server.url, apiKey: options.apiKey });
  return { project, store, gateway, log, stop, server, url: server.url, client };
}

/** The error a call ends with. */
export async function refusal(call: Promise<unknown>): Promise<CarillonError> {
  return call.then(
    (answer) => {
      throw new Error(`Expected a refusal, got ${JSON.stringify(answer)}.`);
    },
    (error: unknown) => toCarillonError(error),
  );
}
