import { setFlagsFromString } from 'node:v8';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { pass } from '../activities/execute-run.js';
import { HostPool } from '../activities/host/host-pool.js';
import { LedgerWriter } from '../activities/ledger-writer.js';
import { storedSecrets } from '../activities/secrets/stored.js';
import { createServices } from '../activities/services/services.js';
import { brokenModuleError, findTasksModule, loadConfig } from '../activities/tasks/load.js';
import { CarillonError } from '../core/errors.js';
import { runNews } from '../core/run-news.js';
import { overridden } from '../core/task/overrides.js';
import { dataConverterOf, sealingBundle } from '../keyring/data-converter.js';
import { createStore } from '../store/store.js';
import { readWorkerSettings } from './settings.js';
import { createHeavyWorker, createSchedulerWorker } from './workers.js';

/** A worker process: reads its settings, serves until SIGTERM, then finishes what it has or hands it over. */
async function main(): Promise<void> {
  // The SDK takes a stack trace of each promise in a workflow: ten frames cost a tenth of all a one-off job costs. This
  // holds for contexts to come, those of the workflows; tasks run in this one and keep their ten.
  setFlagsFromString('--stack-trace-limit=3');
  const settings = readWorkerSettings(process.env);
  // What it starts inherits its environment: tasks' hosts, and the programs of their steps.
  delete process.env.CARILLON_SECRET_KEY;
  delete process.env.CARILLON_SECRET_KEY_FILE;
  const { keyRing, sealPayloads } = settings;
  const dataConverter = dataConverterOf(keyRing && { keyRing, sealPayloads });
  Runtime.install({ logger: new DefaultLogger('WARN'), shutdownSignals: [] });
  const configPath = findTasksModule(process.cwd(), settings.tasksModule);
  const config = await loadConfig(configPath);
  for (const broken of config.registry.broken) console.error(faultText(brokenModuleError(broken)));
  const hosts = new HostPool({
    ...config.hosts,
    configPath: configPath ?? '',
    concurrency: settings.concurrency,
    surroundings: {
      overrides: { objects: settings.objects, secretsFolder: settings.secretsFolder, httpAllow: settings.httpAllow },
      temporal: {
        ...{ address: settings.temporalAddress, namespace: settings.namespace, taskQueue: settings.taskQueue },
        ...(keyRing && { sealing: { sealPayloads } }),
      },
    },
    codec: dataConverter?.payloadCodecs?.[0],
    onTrouble: (message) => console.error(message),
  });
  const registry = hosts.placeAll(config);
  const store = createStore({ url: settings.databaseUrl });
  const ledger = new LedgerWriter({
    store,
    now: Date.now,
    onRecorded: (entries) => process.send?.({ type: 'runs', runs: entries.map(runNews) }),
    onTrouble: (message) => console.error(message),
  });
  const log = (line: Record<string, unknown>) =>
    console.error(JSON.stringify({ time: new Date().toISOString(), ...line }));
  const connection = await NativeConnection.connect({ address: settings.temporalAddress });
  const { namespace, taskQueue } = settings;
  const services = createServices(overridden(config.settings, settings), {
    env: process.env,
    temporal: { connection, namespace, taskQueue, dataConverter },
    stored: keyRing && storedSecrets(store.secrets, keyRing, Date.now),
  });
  const options = {
    connection,
    namespace: settings.namespace,
    taskQueue: settings.taskQueue,
    concurrency: settings.concurrency,
    maxCachedJobs: settings.maxCachedJobs,
    dataConverter,
    dependencies: { registry, ledger, store, services, now: Date.now, pass, log },
  };
  const worker =
    settings.lanes === 'heavy'
      ? await createHeavyWorker(options)
      : await createSchedulerWorker({
          ...options,
          bundle: sealPayloads ? sealingBundle(settings.bundlePath) : { codePath: settings.bundlePath },
        });
  const stop = () => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  // Started by a supervisor that died: nobody would end this process any more.
  if (process.send) process.once('disconnect', () => process.exit(1));
  const running = worker.run();
  process.send?.({ type: 'ready' });
  await running;
  await Promise.all([hosts.close(), store.close(), services.close(), connection.close()]);
}

function faultText({ code, message, details: { hint } }: CarillonError): string {
  return `error ${code}: ${message}${hint ? `\n  → ${hint}` : ''}`;
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(error instanceof CarillonError ? faultText(error) : error);
    process.exit(1);
  },
);
