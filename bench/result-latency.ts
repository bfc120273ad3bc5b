import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { freePort } from '../src/embedded/free-port.js';
import { startServerProcess } from '../test/servers/child.js';
import { temporalCli } from '../test/servers/dev-server.js';
import { startChild } from './child.js';
import { type Figure, median } from './figures.js';
import type { Stage } from './stage.js';

/** Reads of its task queue that a history shard may make in a second: Temporal's default, and no limit that is felt. */
const pollLimits = { default: 20, high: 1000 };
const taskQueue = 'bare';
const lanes = ['light', 'standard'] as const;
type Lane = (typeof lanes)[number];

/**
 * How long does a client wait that starts a one-off and awaits its result, again and again? It waits in steps of 50 ms,
 * which are the server's default limit of 20 reads of the transfer queue a second: beside us the same server with that
 * limit raised. Both run the same bare workflow.
 */
export async function resultLatency(stage: Stage, quick: boolean): Promise<Figure[]> {
  // The limit is felt once its burst, twice the rate, is used up.
  const [warmUp, calls, rounds] = quick ? [2, 5, 1] : [45, 40, 3];
  const servers = {
    high: await startServer(pollLimits.high),
    default: await startServer(pollLimits.default),
  };
  const figures: Figure[] = [];
  try {
    for (const lane of lanes) {
      const waited = { high: [] as number[], default: [] as number[] };
      const lived = { high: [] as number[], default: [] as number[] };
      for (let round = 0; round < rounds; round++) {
        for (const limit of ['default', 'high'] as const) {
          for (let call = 0; call < warmUp + calls; call++) {
            const times = await timesOf(servers[limit].client, lane, stage.name());
            if (call < warmUp) continue;
            waited[limit].push(times.waited);
            lived[limit].push(times.lived);
          }
        }
      }
      const peer = `${pollLimits.default} polls/s`;
      const line = { unit: 'ms', peer } as const;
      figures.push(
        { ...line, name: `bare ${lane}, result()`, ours: median(waited.high), theirs: median(waited.default) },
        { ...line, name: `bare ${lane}, by its history`, ours: median(lived.high), theirs: median(lived.default) },
      );
    }
  } finally {
    await Promise.all(Object.values(servers).map((server) => server.stop()));
  }
  return figures;
}

async function timesOf(client: Client, lane: Lane, workflowId: string): Promise<{ waited: number; lived: number }> {
  const began = performance.now();
  const handle = await client.workflow.start('bareOnce', { workflowId, taskQueue, args: [lane, workflowId] });
  await handle.result();
  const waited = performance.now() - began;
  const { startTime, closeTime } = await handle.describe();
  return { waited, lived: (closeTime as Date).getTime() - startTime.getTime() };
}

/** A plain dev server with a bare worker: nothing differs but the limit. */
async function startServer(pollsPerSecond: number) {
  const [cli, port] = [await temporalCli(), await freePort()];
  const address = `127.0.0.1:${port}`;
  const limit = `history.transferProcessorMaxPollRPS=${pollsPerSecond}`;
  const args = ['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(port)];
  args.push('--log-level', 'error', '--dynamic-config-value', limit);
  const server = await startServerProcess('temporal/guardian-main', [cli, address, '', ...args]);
  const env = { ...process.env, TEMPORAL_ADDRESS: address, BENCH_TASK_QUEUE: taskQueue };
  const worker = await startChild(fileURLToPath(new URL('./peer/main.ts', import.meta.url)), env, () => {});
  const connection = await Connection.connect({ address });
  return {
    client: new Client({ connection }),
    async stop() {
      await connection.close();
      await worker.stop();
      await server.stop();
    },
  };
}
