/** The API process: `node dist/api/main.js`. Settings are environment variables, see docs/configuration.md. */
import { brokenModuleError, findTasksModule, loadConfig } from '../activities/tasks/load.js';
import { CarillonError } from '../core/errors.js';
import { overridden } from '../core/task/overrides.js';
import { dataConverterOf } from '../keyring/data-converter.js';
import { createStore, type Store } from '../store/store.js';
import { MemberDirectory } from './access/directory.js';
import { AdminKey } from './auth/admin-key.js';
import { ApiKeys } from './auth/api-keys.js';
import { randomText } from './base32.js';
import { createApiServer } from './http/server.js';
import { readTls } from './http/tls.js';
import { startLimitsSweep } from './limits/sweep.js';
import { jsonLog } from './log.js';
import { startOperationSweep } from './operations/sweep.js';
import { startReconciler } from './reconciler.js';
import { startLogSweep } from './runs/log-sweep.js';
import { type ApiSettings, readSettings } from './settings.js';
import { Gateway } from './temporal/gateway.js';
import { packageVersion } from './version.js';

const now = () => Date.now();
const log = jsonLog(process.stderr, now);

async function main(): Promise<void> {
  const settings = readSettings(process.env);
  const { registry, settings: configured } = await loadConfig(findTasksModule(process.cwd(), settings.tasks));
  for (const { code, message, details } of registry.broken.map(brokenModuleError))
    log('error', message, { code, ...details });
  const store = createStore({ url: settings.databaseUrl });
  const { temporalAddress, namespace, taskQueue, temporalUi, host, port, keyRing, tlsByProxy } = settings;
  const dataConverter = dataConverterOf(keyRing.durable ? { keyRing, sealPayloads: settings.sealPayloads } : undefined);
  const gateway = new Gateway({ address: temporalAddress, namespace, taskQueue, now, dataConverter });
  const consoles = { temporalAddress, namespace, temporalUi };
  const directory = new MemberDirectory(store.members, now);
  const taskSettings = overridden(configured, settings);
  const apiKeys = settings.authenticated ? await openApiKeys(store, settings) : undefined;
  const server = await createApiServer({
    ...{ settings: taskSettings, store, gateway, registry, consoles, log, now },
    ...{ version: packageVersion(), host, port, tlsByProxy, rateLimits: settings.rateLimits },
    ...{ keyRing, authenticators: apiKeys && [apiKeys], tls: settings.tls && readTls(settings.tls) },
    ...{ directory, oidc: settings.authenticated ? settings.oidc : undefined },
  });
  const reconciler = startReconciler({ store, gateway, registry, log, now, random: Math.random });
  const operations = startOperationSweep({ sweep: server.sweepOperations, random: Math.random });
  const sweep = startLogSweep({ settings: taskSettings, log, now, random: Math.random });
  const limitsSweep = startLimitsSweep({ store, log, now, random: Math.random });

  let closing = false;
  const close = async () => {
    if (closing) return;
    closing = true;
    await server.close();
    await Promise.all([reconciler.stop(), operations.stop(), sweep.stop(), limitsSweep.stop()]);
    await apiKeys?.close();
    await Promise.all([store.close(), gateway.close()]);
    process.exit(0);
  };
  process.on('SIGTERM', close);
  process.on('SIGINT', close);
  // Started by a supervisor: when that is gone, nobody would end this process.
  process.on('disconnect', close);

  log('info', 'The API is ready.', { url: server.url });
  process.send?.({ type: 'ready', url: server.url });
}

/** The keys that callers come with. The one in the configuration is put into the table now, or when it is used. */
async function openApiKeys(store: Store, { keyRing, adminKey: key }: ApiSettings): Promise<ApiKeys> {
  const { keys } = store;
  const adminKey = key === undefined ? undefined : new AdminKey({ key, keys, keyRing, now, randomText });
  try {
    const row = await adminKey?.ensure();
    if (row?.revokedAt !== undefined)
      log('warn', 'CARILLON_ADMIN_KEY names a key that was revoked.', { id: row.keyId });
  } catch (error) {
    log('warn', 'CARILLON_ADMIN_KEY is put into the table when it is used first.', { error: String(error) });
  }
  return new ApiKeys({ keys, keyRing, log, now, adminKey });
}

main().catch((error: unknown) => {
  const fault =
    error instanceof CarillonError ? { code: error.code, ...error.details } : { stack: (error as Error).stack };
  log('error', error instanceof Error ? error.message : String(error), fault);
  process.exit(1);
});
