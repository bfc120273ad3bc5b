import { initTRPC } from '@trpc/server';
import { fastifyTRPCPlugin } from '@trpc/server/adapters/fastify';
import fastify from 'fastify';
import { builtInTasks } from '../src/activities/tasks/index.js';
import { createApiServer } from '../src/api/http/server.js';
import { Gateway } from '../src/api/temporal/gateway.js';
import { TaskRegistry } from '../src/core/task/registry.js';
import { createStore } from '../src/store/store.js';

/*
 * The API on the database of BENCH_DATABASE_URL, without what sweeps in the background: its rows belong to no workflows.
 * Beside it the peers: a bare route and a bare procedure, which answer the same bytes each time.
 */
const { BENCH_DATABASE_URL: url = '', TEMPORAL_ADDRESS: address = '127.0.0.1:1' } = process.env;
const answer = { id: 'job-1', state: 'scheduled' };

const store = createStore({ url, timeoutMs: 10_000 });
const gateway = new Gateway({ address, namespace: 'default', taskQueue: 'carillon', now: Date.now });
const api = await createApiServer({
  ...{ store, gateway, registry: new TaskRegistry([...builtInTasks]), version: 'bench', host: '127.0.0.1', port: 0 },
  consoles: { temporalAddress: address, namespace: 'default' },
  log: (level, message, fields) => level === 'error' && console.error(message, fields),
  now: Date.now,
});

const trpc = initTRPC.create();
const router = trpc.router({ hello: trpc.procedure.query(() => answer) });
const bare = fastify();
bare.get('/hello', async () => answer);
await bare.register(fastifyTRPCPlugin, { prefix: '/trpc', trpcOptions: { router } });
const bareUrl = await bare.listen({ host: '127.0.0.1', port: 0 });

process.once('SIGTERM', async () => {
  await Promise.all([api.close(), bare.close()]);
  await Promise.all([store.close(), gateway.close()]);
  process.exit(0);
});
process.send?.({ type: 'ready', url: `${api.url} ${bareUrl}` });
