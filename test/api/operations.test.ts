import { beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { type Caller, openCaller } from '../../src/api/access/caller.js';
import type { OperationView } from '../../src/api/operations/views.js';
import { isOperationClosed } from '../../src/core/operations.js';
import { defineTask } from '../../src/core/task/task.js';
import { type Rig, startRig } from '../rig/rig.js';
import { type ApiOnly, refusal, startApiOnly } from './api-only.js';

const hourly = { task: 'log', input: { message: 'hi' }, schedule: { every: '1h' } } as const;
/** More than a page. */
const many = 30;

const waits = defineTask({
  name: 'waits',
  input: z.strictObject({}),
  run: ({ signal }) => new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
});
const fails = defineTask({
  name: 'fails',
  input: z.strictObject({}),
  run() {
    throw new Error('never works');
  },
});

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ tasks: [waits, fails] });
  return () => rig.close();
});

/** A further API process before the rig's worker. */
const startApi = (options: Parameters<typeof startApiOnly>[0] = {}) =>
  startApiOnly({
    project: rig.project,
    taskQueue: rig.taskQueue,
    patienceMs: 20_000,
    tasks: [waits, fails],
    ...options,
  });

async function createJobs(label: string, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, index) => `${label}-${index}`);
  const labels = { set: label };
  await Promise.all(ids.map((id) => rig.client.jobs.create.mutate({ ...hourly, project: rig.project, id, labels })));
  return ids;
}

const fitting = (label: string) => ({ labels: { set: label } });

async function jobsOf(label: string) {
  return (await rig.client.jobs.list.query({ project: rig.project, labels: { set: label }, limit: 500 })).items;
}

async function ended(id: string): Promise<OperationView> {
  return vi.waitFor(
    async () => {
      const operation = await rig.client.operations.get.query({ project: rig.project, id });
      if (!isOperationClosed(operation.state)) throw new Error(`Still ${operation.state}.`);
      return operation;
    },
    { timeout: 20_000, interval: 20 },
  );
}

async function begin(api: Pick<ApiOnly, 'client'>, action: OperationView['action'], filter: object): Promise<string> {
  const { operation } = await api.client.operations.create.mutate({ project: rig.project, action, filter });
  return operation?.id ?? '';
}

/** Lets so many commands through, and holds the others until it is opened. */
function gate(api: ApiOnly, letThrough: number) {
  let open = () => {};
  let reached = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const held = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const send = api.gateway.command.bind(api.gateway);
  let count = 0;
  api.gateway.command = (async (...args: Parameters<typeof send>) => {
    count += 1;
    if (count > letThrough) {
      reached();
      await opened;
    }
    return send(...args);
  }) as typeof send;
  return { open, held };
}

describe('an operation', () => {
  it('does what its dry run counted, once to each, in another process when its own is stopped', async () => {
    const { project } = rig;
    const ids = await createJobs('moved', many);
    await rig.client.jobs.create.mutate({ ...hourly, project: `${project}-x`, id: 'a', labels: { set: 'moved' } });
    const before = new Map((await jobsOf('moved')).map(({ id, revision }) => [id, revision]));

    const first = await startApi();
    const asked = { project, action: 'pause', filter: fitting('moved'), note: 'we move', by: 'ada' } as const;
    const { dryRun, operation: none } = await first.client.operations.create.mutate({ ...asked, dryRun: true });
    expect({ none, count: dryRun?.count, sample: dryRun?.sample.length }).toEqual({
      none: null,
      count: many,
      sample: 10,
    });
    const refused = await refusal(first.client.operations.create.mutate({ ...asked, atMost: many - 1 }));
    expect(refused.code).toBe('PRECONDITION_FAILED');

    const door = gate(first, 10);
    const { operation } = await first.client.operations.create.mutate({ ...asked, atMost: many });
    expect(operation).toMatchObject({ state: 'running', counts: { total: many, done: 0 }, createdBy: 'ada' });
    await door.held;
    await rig.client.jobs.create.mutate({ ...hourly, project, id: 'later', labels: { set: 'moved' } });
    const closing = first.server.close();
    door.open();
    await closing;
    const left = await rig.client.operations.get.query({ project, id: operation?.id ?? '' });
    expect(left).toMatchObject({
      state: 'running',
      counts: { done: expect.toSatisfy((done) => done >= 10 && done < 25) },
    });

    const second = await startApi();
    await second.server.sweepOperations();
    expect(await ended(left.id)).toMatchObject({
      state: 'succeeded',
      counts: { total: many, done: many, failed: 0, skipped: 0 },
      errors: [],
    });
    const after = await jobsOf('moved');
    const paused = after.filter(({ state, pause }) => state === 'paused' && pause?.note === 'we move');
    expect(paused.map(({ id }) => id).sort()).toEqual([...ids].sort());
    // A pause is one change.
    const changes = new Set(paused.map(({ id, revision }) => revision - (before.get(id) ?? 0)));
    expect(changes.size).toBe(1);
    expect(after.find(({ id }) => id === 'later')).toMatchObject({ state: 'scheduled' });
    expect(await rig.client.jobs.get.query({ project: `${project}-x`, id: 'a' })).toMatchObject({ state: 'scheduled' });
    expect((await refusal(rig.client.operations.cancel.mutate({ project, id: left.id }))).code).toBe(
      'OPERATION_CLOSED',
    );
  });

  it('does nothing twice when a process was killed in the middle of a page', async () => {
    const { project, client, store } = rig;
    const page = await createJobs('killed', 6);
    const before = new Map((await jobsOf('killed')).map(({ id, revision }) => [id, revision]));
    const ref = { project, operationId: 'op-killed' };
    const dead = { holder: 'killed', ms: 0 };
    const nothing = { done: 0, failed: 0, skipped: 0, errors: [], cursor: null, exhausted: true };
    await store.operations.create({
      ...{ ...ref, action: 'pause', filter: fitting('killed'), total: 6, createdAt: new Date().toISOString() },
      requester: { caller: openCaller, address: '127.0.0.1' },
    });
    await store.operations.claim(dead, ref);
    await store.operations.save(ref, dead, { ...nothing, page });
    // Three were changed, and nobody noted it.
    const command = { project, commandId: ref.operationId };
    for (const id of page.slice(0, 3)) await client.jobs.pause.mutate({ ...command, id });

    const api = await startApi();
    await api.server.sweepOperations();
    expect(await ended(ref.operationId)).toMatchObject({ state: 'succeeded', counts: { total: 6, done: 6 } });
    const changes = (await jobsOf('killed')).map(({ id, revision }) => revision - (before.get(id) ?? 0));
    expect(new Set(changes).size).toBe(1);
  });

  it('ends early when it is cancelled', async () => {
    const { project, client } = rig;
    await createJobs('stopped', many);
    const api = await startApi();
    const door = gate(api, 5);
    const id = await begin(api, 'cancel', fitting('stopped'));
    await door.held;
    expect(await client.operations.cancel.mutate({ project, id, by: 'bob' })).toMatchObject({ state: 'cancelling' });
    door.open();
    const operation = await ended(id);
    expect(operation).toMatchObject({ state: 'cancelled', cancelledBy: 'bob', counts: { total: many } });
    const cancelled = (await jobsOf('stopped')).filter(({ state }) => state === 'cancelled');
    expect(cancelled).toHaveLength(operation.counts.done);
    expect(cancelled.length).toBeLessThan(many);
  });

  it('tells which jobs refuse, and why', async () => {
    const { project, client } = rig;
    const job = { project, schedule: { every: '1h' }, labels: { set: 'busy' } } as const;
    await client.jobs.create.mutate({ ...job, id: 'busy', task: 'waits', input: {} });
    await client.jobs.create.mutate({ ...job, id: 'idle', task: 'log', input: { message: 'hi' } });
    await client.jobs.trigger.mutate({ project, id: 'busy' });
    const id = await begin(rig, 'trigger', fitting('busy'));
    expect(await ended(id)).toMatchObject({
      state: 'failed',
      counts: { total: 2, done: 1, failed: 1, skipped: 0 },
      errors: [{ id: 'busy', code: 'JOB_BUSY' }],
    });
    expect(await rig.ended('idle', 1)).toMatchObject([{ runId: `idle@key:${id}`, state: 'succeeded' }]);
    await client.jobs.cancel.mutate({ project, id: 'busy' });
  });

  it('retries dead letters, and deletes', async () => {
    const { project, client } = rig;
    const failing = { project, task: 'fails', input: {}, schedule: { every: '1h' }, retry: { maximumAttempts: 1 } };
    await client.jobs.create.mutate({ ...failing, id: 'bad' });
    await client.jobs.trigger.mutate({ project, id: 'bad', key: 'k' });
    await rig.ended('bad', 1);
    const retry = await begin(rig, 'retry', { jobId: 'bad' });
    expect(await ended(retry)).toMatchObject({ state: 'succeeded', counts: { total: 1, done: 1 } });
    // What fails again is of after the operation.
    await rig.ended('bad', 2);

    const refused = await refusal(begin(rig, 'retry', { task: 'fails' }));
    expect(refused).toMatchObject({ code: 'INPUT_INVALID', details: { field: 'filter.task' } });
    const gone = await begin(rig, 'delete', { task: 'fails' });
    expect(await ended(gone)).toMatchObject({ state: 'succeeded', counts: { total: 1, done: 1 } });
    expect((await refusal(client.jobs.get.query({ project, id: 'bad' }))).code).toBe('JOB_NOT_FOUND');

    const { items } = await client.operations.list.query({ project, state: ['succeeded'], limit: 2 });
    expect(items.map(({ id }) => id)).toEqual([gone, retry]);
    expect((await refusal(client.operations.get.query({ project, id: 'op-none' }))).code).toBe('OPERATION_NOT_FOUND');
  });

  it('touches only what is owned by who may change nothing else', async () => {
    const { project, client } = rig;
    const job = { ...hourly, project, labels: { set: 'owned' } };
    await client.jobs.create.mutate({ ...job, id: 'mine', owner: 'team-a' });
    await client.jobs.create.mutate({ ...job, id: 'theirs', owner: 'team-b' });
    await client.jobs.create.mutate({ ...job, id: 'nobodys' });
    const caller = (role: 'developer' | 'viewer'): Caller => ({
      ...{ kind: 'key', id: `key:${role}`, name: role, owns: ['team-a'] },
      grants: [{ project, role, payloads: false }],
    });
    const developer = await startApi({ authenticators: [{ authenticate: async () => caller('developer') }] });
    const id = await begin(developer, 'pause', fitting('owned'));
    expect(await ended(id)).toMatchObject({ state: 'succeeded', counts: { total: 1, done: 1 } });
    const paused = (await jobsOf('owned')).filter(({ state }) => state === 'paused');
    expect(paused.map(({ id }) => id)).toEqual(['mine']);

    const viewer = await startApi({ authenticators: [{ authenticate: async () => caller('viewer') }] });
    expect((await refusal(begin(viewer, 'pause', fitting('owned')))).code).toBe('FORBIDDEN');
  });
});
