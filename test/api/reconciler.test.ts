import { EventEmitter, once } from 'node:events';
import '../rig/runtime.js';
import { Connection, WorkflowClient } from '@temporalio/client';
import { afterAll, beforeAll, expect, inject, it, onTestFinished, vi } from 'vitest';
import { builtInTasks } from '../../src/activities/tasks/index.js';
import { type ReconcilerOptions, reconcile, type Sweep, startReconciler } from '../../src/api/reconciler.js';
import type { JobRefs } from '../../src/api/temporal/gateway.js';
import { workflowId } from '../../src/core/ids.js';
import { TaskRegistry } from '../../src/core/task/registry.js';
import { createStore, type Store } from '../../src/store/store.js';
import { startPglite, type TestDatabase } from '../servers/pglite.js';
import { snapshot } from '../store/sample.js';
import { type ApiOnly, deadDatabase, startApiOnly } from './api-only.js';
import { startWorker } from './late-worker.js';

const hourly = { task: 'log', input: { message: 'hi' }, schedule: { every: '1h' } } as const;

// A sweep looks at every row there is: not at those of other tests.
let database: TestDatabase;
let store: Store;
beforeAll(async () => {
  database = await startPglite();
  store = createStore({ url: database.url });
  await store.migrate();
});
afterAll(async () => {
  await store.close();
  await database.stop();
});

const registry = new TaskRegistry(builtInTasks);

function optionsOf(api: ApiOnly): ReconcilerOptions {
  return { store, gateway: api.gateway, registry, log: () => {}, now: Date.now, random: () => 0.5, paceMs: 0 };
}

/** Sweeps until it finds what is there: Temporal's list follows its truth after a moment. */
async function sweepUntil(api: ApiOnly, found: (sweep: Sweep) => boolean): Promise<Sweep> {
  return vi.waitFor(
    async () => {
      const sweep = await reconcile(optionsOf(api));
      if (!found(sweep)) throw new Error(`Found only ${JSON.stringify(sweep)}.`);
      return sweep;
    },
    { timeout: 20_000, interval: 50 },
  );
}

it('brings the row of a job that was created while the database was away, and leaves what is right alone', async () => {
  const api = await startApiOnly({ databaseUrl: deadDatabase });
  const { client, project } = api;
  await startWorker({ project, store });
  const job = await client.jobs.create.mutate({ ...hourly, project, id: 'a' });
  await sweepUntil(api, ({ refreshed }) => refreshed === 1);
  expect(await store.jobs.get(project, 'a')).toMatchObject({
    jobId: 'a',
    digest: job.digest,
    createdAt: job.createdAt,
  });
  expect(await reconcile(optionsOf(api))).toMatchObject({ open: 1, refreshed: 0, closed: 0 });
});

it('regression: one job that cannot be read stops no other one from being compared', async () => {
  const api = await startApiOnly();
  const { project } = api;
  const ids = ['sealed', 'ended'];
  await store.write(ids.map((id) => ({ snapshot: snapshot(project, id), entries: [] })));
  const gateway: Pick<ApiOnly['gateway'], 'describe' | 'result' | 'listOpen'> = {
    listOpen: async () => ({ jobs: [], next: undefined }),
    async describe(ref) {
      const { jobId } = ref as JobRefs;
      if (ref.project !== project) return { open: true } as never;
      if (jobId === 'sealed') throw new TypeError('Unknown encoding: binary/encrypted');
      return { open: false, status: 'TERMINATED', closedAt: '2026-11-21T09:00:00Z' } as never;
    },
    result: async () => undefined,
  };
  const log = vi.fn();
  const options = { ...optionsOf(api), log, gateway: gateway as ApiOnly['gateway'] };
  expect(await reconcile(options)).toMatchObject({ closed: 1, unknown: 1 });
  expect(await store.jobs.get(project, 'ended')).toMatchObject({ state: 'cancelled' });
  expect(log).toHaveBeenCalledWith(
    'warn',
    'A job could not be compared with Temporal.',
    expect.objectContaining({ project, jobId: 'sealed' }),
  );
  // What is left is no concern of the other tests.
  await store.write(ids.map((id) => ({ snapshot: snapshot(project, id, closedJob), entries: [] })));
});
const closedJob = { revision: 9, state: 'cancelled', closedAt: '2026-11-21T09:00:00Z' } as const;

it('brings a change that the database never heard of', async () => {
  const elsewhere = await startApiOnly();
  const { client, project } = elsewhere;
  await startWorker(elsewhere);
  await client.jobs.create.mutate({ ...hourly, project, id: 'a' });
  const first = await elsewhere.store.jobs.get(project, 'a');
  if (!first) throw new Error('no row');
  // As if the end of a pause had been lost.
  const pause = { since: first.createdAt };
  await store.write([{ snapshot: { ...first, revision: 1, state: 'paused', pause }, entries: [] }]);
  await sweepUntil(elsewhere, ({ refreshed }) => refreshed === 1);
  expect(await store.jobs.get(project, 'a')).toMatchObject({ state: 'scheduled', pause: null });
});

it('closes the row of a job whose workflow was terminated by hand', async () => {
  const api = await startApiOnly({ databaseUrl: database.url });
  const { client, project } = api;
  await client.jobs.create.mutate({ ...hourly, project, id: 'a' });
  const connection = await Connection.connect({ address: inject('temporalAddress') });
  onTestFinished(() => connection.close());
  await new WorkflowClient({ connection }).getHandle(workflowId(project, 'a')).terminate('by hand');
  await sweepUntil(api, ({ closed }) => closed === 1);
  expect(await client.jobs.get.query({ project, id: 'a' })).toMatchObject({
    state: 'cancelled',
    closeReason: 'workflow terminated',
    nextRunAt: null,
    next: [],
  });
});

it('brings the last word of a job that ended unheard', async () => {
  const elsewhere = await startApiOnly();
  const { client, project } = elsewhere;
  const worker = await startWorker(elsewhere);
  await client.jobs.create.mutate({ ...hourly, project, id: 'a', schedule: { immediate: true } });
  const first = await elsewhere.store.jobs.get(project, 'a');
  if (!first) throw new Error('no row');
  await worker.recorded(`a@${first.createdAt}`);
  // As after a restore from a backup: the row of the beginning.
  await store.write([{ snapshot: { ...first, revision: 1, state: 'scheduled', closedAt: null }, entries: [] }]);
  await sweepUntil(elsewhere, ({ closed }) => closed === 1);
  expect(await store.jobs.get(project, 'a')).toMatchObject({ state: 'completed', counters: { succeeded: 1 } });
});

it('goes on sweeping when a sweep fails, and stops at once', async () => {
  const api = await startApiOnly({ databaseUrl: deadDatabase });
  const failures: string[] = [];
  const news = new EventEmitter();
  const log = (_: string, message: string) => {
    failures.push(message);
    if (failures.length === 2) news.emit('second');
  };
  const reconciler = startReconciler({ ...optionsOf(api), store: api.store, log, intervalMs: 10 });
  await once(news, 'second');
  await reconciler.stop();
  expect(failures[0]).toContain('could not be compared');
});

it('plans the jobs of a calendar that changed before a crash, once', async () => {
  const api = await startApiOnly({ databaseUrl: database.url });
  const { client, project } = api;
  await startWorker({ project, store });
  await client.calendars.put.mutate({ project, name: 'holidays', rules: [{ yearly: '12-25' }] });
  const schedule = { cron: '0 9 * * *', exclude: [{ calendar: 'holidays' }] };
  await client.jobs.create.mutate({ ...hourly, project, id: 'a', schedule });
  // As if the API had died right after it wrote the calendar.
  const calendar = { rules: [{ yearly: '01-01' }] };
  await store.calendars.put({
    project,
    name: 'holidays',
    calendar,
    updatedAt: new Date().toISOString(),
    updatedBy: 'ada',
  });
  expect(await reconcile(optionsOf(api))).toMatchObject({ planned: 1 });
  expect(await client.jobs.get.query({ project, id: 'a' })).toMatchObject({
    ...{ definitionVersion: 2, definedBy: 'ada', calendars: { holidays: 2 } },
  });
  expect(await reconcile(optionsOf(api))).toMatchObject({ planned: 0 });
});
