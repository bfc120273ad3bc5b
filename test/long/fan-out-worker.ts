import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { z } from 'zod';
import { pass, type RunDependencies } from '../../src/activities/execute-run.js';
import { createServices } from '../../src/activities/services/services.js';
import { TaskRegistry } from '../../src/core/task/registry.js';
import { defineTask } from '../../src/core/task/task.js';
import { createHeavyWorker } from '../../src/worker/workers.js';
import { filesIn } from '../tasks/folder-files.js';

/* A worker of the heavy lane that a test may kill: tells of each member it begins, and holds one. */
const [address = '', taskQueue = '', folder = '', held = ''] = process.argv.slice(2);

export const heavyMember = defineTask({
  name: 'member.heavy',
  lane: 'heavy',
  input: z.int(),
  async run(_, n) {
    process.send?.({ begun: n });
    if (String(n) === held) await new Promise(() => {});
  },
});

if (process.send) {
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  const connection = await NativeConnection.connect({ address });
  const dependencies = {
    registry: new TaskRegistry([heavyMember]),
    services: { ...createServices({}), files: filesIn(folder) },
    now: Date.now,
    pass,
    log: () => {},
  } as unknown as RunDependencies;
  const worker = await createHeavyWorker({ connection, namespace: 'default', taskQueue, dependencies });
  process.once('disconnect', () => process.exit(1));
  await worker.run();
}
