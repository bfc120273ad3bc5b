import { fileURLToPath } from 'node:url';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { bareActivities } from './activities.js';

/** A worker of the bare workflows, with the options of Carillon's scheduler worker. */
Runtime.install({ logger: new DefaultLogger('ERROR') });
const connection = await NativeConnection.connect({ address: process.env.TEMPORAL_ADDRESS as string });
const worker = await Worker.create({
  connection,
  taskQueue: process.env.BENCH_TASK_QUEUE as string,
  workflowsPath: fileURLToPath(new URL('./workflows.ts', import.meta.url)),
  activities: { ...bareActivities },
  maxConcurrentActivityTaskExecutions: 100,
  maxConcurrentLocalActivityExecutions: 100,
  maxCachedWorkflows: 2000,
  stickyQueueScheduleToStartTimeout: '1500ms',
  maxHeartbeatThrottleInterval: '2s',
});
process.once('SIGTERM', () => worker.shutdown());
process.once('disconnect', () => process.exit(1));
const running = worker.run();
process.send?.({ type: 'ready' });
await running;
await connection.close();
process.exit(0);
