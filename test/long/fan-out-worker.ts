import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { pass, type RunDependencies } from '../../src/activities/execute-run.js';
import { createServices } from '../../src/activities/services/services.js';
import { TaskRegistry } from '../../src/core/task/registry.js';
import { createHeavyWorker } from '../../src/worker/workers.js';
import { filesIn } from '../tasks/folder-files.js';
import { heavyMember } from './heavy-member.js';

/* A worker of the heavy lane that a test may kill. */
const [address, taskQueue, folder, held] = process.argv.slice(2) as [string, string, string, string];

Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
const connection = await NativeConnection.connect({ address });
const dependencies = {
  registry: new TaskRegistry([heavyMember(held)]),
  store: { quotas: { of: async () => undefined } },
  services: { ...createServices({}), files: filesIn(folder) },
  now: Date.now,
  pass,
  log: () => {},
} as unknown as RunDependencies;
const worker = await createHeavyWorker({ connection, namespace: 'default', taskQueue, dependencies });
process.once('disconnect', () => process.exit(1));
await worker.run();
