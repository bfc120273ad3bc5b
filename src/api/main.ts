/** The API process: `node dist/api/main.js`. Settings are environment variables, see docs/configuration.md. */
import { brokenModuleError, findTasksModule, loadConfig } from '../activities/tasks/load.js';
import { CarillonError } from '../core/errors.js';
import { overridden } from '../core/task/overrides.js';
import { dataConverterOf } from '../keyring/data-converter.js';
import { createStore } from '../store/store.js';
import { Gateway } from './gateway.js';
import { jsonLog } from './log.js';
import { startReconciler } from './reconciler.js';
import { startLogSweep } from './runs/log-sweep.js';
import { createApiServer } from './server.js';
import { readSettings } from './settings.js';
import { packageVersion } from './version.js';

const now = () => Date.now();
const log = jsonLog(process.stderr, now);

async function main(): Promise<void> {
  const settings = readSettings(process.env);
  const { registry, settings: configured } = await loadConfig(findTasksModule(process.cwd(), settings.tasks));
  for (const { code, message, details } of registry.broken.map(brokenModuleError))
    log('error', message, { code, ...details });
  const store = createStore({ url: settings.databaseUrl });
  const { temporalAddress, namespace, taskQueue, temporalUi, host, port, insecureHost } = settings;
  const { keyRing, sealPayloads } = settings;
  const dataConverter = dataConverterOf(keyRing && { keyRing, sealPayloads });
  const gateway = new Gateway({ address: temporalAddress, namespace, taskQueue, now, dataConverter });
  const consoles = { temporalAddress, namespace, temporalUi };
  const taskSettings = overridden(configured, settings);
  const server = await createApiServer({
    ...{ settings: taskSettings, store, gateway, registry, consoles, log, now },
    ...{ version: packageVersion(), host, port, insecureHost, keyRing },
  });
  const reconciler = startReconciler({ store, gateway, registry, log, now, random: Math.random });

  const sweep = startLogSweep({ settings: taskSettings, log, now, random: Math.random });

  let closing = false;
  const close = async () => {
    if (closing) return;
    closing = true;
    await server.close();
    await Promise.all([reconciler.stop(), sweep.stop()]);
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

main().catch((error: unknown) => {
  const fault =
    error instanceof CarillonError ? { code: error.code, ...error.details } : { stack: (error as Error).stack };
  log('error', error instanceof Error ? error.message : String(error), fault);
  process.exit(1);
});
