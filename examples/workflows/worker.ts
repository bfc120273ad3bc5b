import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';

// Serves the task queue that examples/jobs/workflow.yaml names: npx tsx examples/workflows/worker.ts
const address = process.env.TEMPORAL_ADDRESS ?? '127.0.0.1:7233';
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address }),
  taskQueue: 'greetings',
  workflowsPath: fileURLToPath(new URL('greet.ts', import.meta.url)),
});
process.send?.('ready');
await worker.run();
