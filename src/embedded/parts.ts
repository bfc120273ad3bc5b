import { schedulerTaskQueue } from '../core/contract.js';
import type { Credentials } from './credentials.js';
import { entryPoint } from './entry-point.js';
import type { Part } from './supervisor.js';
import { serverArguments } from './temporal/server-arguments.js';

/** What the API and the workers are told. */
export interface PartSettings {
  databaseUrl: string;
  temporalAddress: string;
  temporalNamespace: string;
  temporalUi?: string;
  apiPort: number;
  tasks?: string;
  /** Address of the object store. */
  objects: string;
  /** Whether the API asks callers who they are. */
  auth: boolean;
  credentials: Credentials;
}

/** Ends in this order: no new work first, then who answers, then what both stand on. */
export const stopOrder = [['worker', 'heavy'], ['api'], ['database'], ['temporal']] as const;
export const partNames: readonly string[] = stopOrder.flat();

export function temporalPart(
  env: NodeJS.ProcessEnv,
  server: { executable: string; port: number; uiPort: number; database: string; pidFile: string },
): Part {
  const { executable, port, uiPort, database, pidFile } = server;
  const args = [executable, `127.0.0.1:${port}`, pidFile, ...serverArguments({ port, uiPort, database })];
  return node('temporal', 'embedded/temporal/guardian-main', args, env, { readyMs: 60_000, graceMs: 10_000 });
}

export function databasePart(env: NodeJS.ProcessEnv, data: string, socketFolder: string, cache: string): Part {
  return node('database', 'embedded/pglite-main', [data, socketFolder, cache], env, { readyMs: 60_000, graceMs: 5000 });
}

export function apiPart(env: NodeJS.ProcessEnv, settings: PartSettings): Part {
  const own = {
    CARILLON_AUTH: settings.auth ? 'required' : 'off',
    CARILLON_ADMIN_KEY: settings.credentials.adminKey,
    // It serves this machine, whatever else the environment is for.
    CARILLON_TLS_CERT: undefined,
    CARILLON_TLS_KEY: undefined,
    CARILLON_TLS_BY_PROXY: undefined,
  };
  return node('api', 'api/main', [], { ...env, ...told(settings), ...own }, { readyMs: 30_000, graceMs: 5000 });
}

/** @param lane which lanes the worker serves: `scheduler` holds light and standard */
export function workerPart(env: NodeJS.ProcessEnv, settings: PartSettings, lane: 'scheduler' | 'heavy'): Part {
  const name = lane === 'scheduler' ? 'worker' : lane;
  // A worker hands over what it still runs after 5 s by itself; the rest is for saying so.
  const bounds = { readyMs: 60_000, graceMs: 12_000 };
  // Everything here is one machine: jobs may call what else runs on it.
  const allowed = { CARILLON_HTTP_ALLOW: env.CARILLON_HTTP_ALLOW ?? '127.0.0.0/8,::1/128' };
  // What tasks run in is no place for keys that a worker does not need.
  const own = { CARILLON_LANES: lane, CARILLON_ADMIN_KEY: undefined, CARILLON_API_KEY: undefined };
  return node(name, 'worker/main', [], { ...env, ...told(settings), ...allowed, ...own }, bounds);
}

function told(settings: PartSettings): NodeJS.ProcessEnv {
  return {
    CARILLON_DATABASE_URL: settings.databaseUrl,
    TEMPORAL_ADDRESS: settings.temporalAddress,
    TEMPORAL_NAMESPACE: settings.temporalNamespace,
    CARILLON_TASK_QUEUE: schedulerTaskQueue,
    CARILLON_OBJECTS: settings.objects,
    CARILLON_API_HOST: '127.0.0.1',
    CARILLON_API_PORT: String(settings.apiPort),
    ...(settings.credentials.secretKey ? { CARILLON_SECRET_KEY: settings.credentials.secretKey } : {}),
    ...(settings.tasks ? { CARILLON_TASKS: settings.tasks } : {}),
    ...(settings.temporalUi ? { CARILLON_TEMPORAL_UI: settings.temporalUi } : {}),
  };
}

function node(
  name: string,
  entry: string,
  args: string[],
  env: NodeJS.ProcessEnv,
  bounds: Pick<Part, 'readyMs' | 'graceMs'>,
): Part {
  const { path, execArgv } = entryPoint(entry);
  return { name, args: [...execArgv, path, ...args], env, ...bounds };
}
