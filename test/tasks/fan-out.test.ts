import { EventEmitter, once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { CancelledFailure } from '@temporalio/activity';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { createWorkflows } from '../../src/activities/workflows/workflows.js';
import { runWorkflowId } from '../../src/core/ids.js';
import { defineTask } from '../../src/core/task/task.js';
import { until } from '../embedded/until.js';
import { executionsOf, type Recorded, type Rig, startRig } from '../rig/rig.js';
import { folderFiles } from './folder-files.js';

/** Members that tell of themselves, fail where their item says so, and wait where it says so. */
class Members {
  readonly begun: string[] = [];
  most = 0;
  #running = 0;
  readonly #told = new EventEmitter().setMaxListeners(0);

  readonly task = defineTask({
    name: 'member',
    lane: 'light',
    input: z.strictObject({ n: z.int(), fail: z.boolean().optional(), wait: z.boolean().optional() }),
    run: async ({ runId, signal }, { n, fail, wait }) => {
      this.begun.push(runId);
      this.#running += 1;
      this.most = Math.max(this.most, this.#running);
      this.#told.emit('begun');
      try {
        if (wait) await once(signal, 'abort').then(() => signal.throwIfAborted());
        else await new Promise(setImmediate);
        if (fail) throw Object.assign(new Error(`member ${n} fails`), { code: 'NO_LUCK' });
      } finally {
        this.#running -= 1;
      }
    },
  });

  of(jobId: string): string[] {
    return this.begun.filter((runId) => /^[^@#]*/.exec(runId)?.[0] === jobId);
  }

  async until(count: number, jobId: string): Promise<void> {
    while (this.of(jobId).length < count) await once(this.#told, 'begun');
  }
}

const items = (count: number, fails: (n: number) => boolean = () => false) =>
  Array.from({ length: count }, (_, n) => ({ n, ...(fails(n) && { fail: true }) }));

const members = new Members();
let rig: Rig;
let folder: string;

beforeAll(async () => {
  const files = await folderFiles();
  folder = files.folder;
  rig = await startRig({ tasks: [members.task], heavy: true, services: files.services });
});
afterAll(async () => {
  await rig.close();
  await rm(folder, { recursive: true });
});

async function fanOut(id: string, input: Record<string, unknown>): Promise<Recorded> {
  await begin(id, input);
  return (await rig.ended(id, 1))[0] as Recorded;
}

const begin = (id: string, input: Record<string, unknown>) =>
  rig.client.jobs.create.mutate({
    ...{ project: rig.project, id, task: 'fanOut', schedule: { immediate: true }, retry: { maximumAttempts: 1 } },
    input: { task: 'member', retry: { maximumAttempts: 1 }, ...input } as never,
  });

test('each item is a member with a key of its own', async () => {
  const { state, result, runId } = await fanOut('three', { items: items(3) });
  expect({ state, result }).toEqual({
    state: 'succeeded',
    result: { total: 3, succeeded: 3, failed: 0, skipped: 0, failures: [] },
  });
  expect(members.of('three').sort()).toEqual([`${runId}#0`, `${runId}#1`, `${runId}#2`]);
  expect(await fanOut('none', { items: [] })).toMatchObject({ state: 'succeeded', result: { total: 0 } });
});

test('more than a thousand are divided among workflows, each with a bounded history', async () => {
  await begin('many', { items: items(2500, (n) => n % 100 === 7), window: 40, onFailure: { policy: 'continue' } });
  const { state, result, runId } = (await rig.ended('many', 1))[0] as Recorded;
  expect(state).toBe('succeeded');
  expect(result).toMatchObject({ total: 2500, succeeded: 2475, failed: 25, skipped: 0 });
  const { failures, failuresLocation } = result as { failures: { index: number }[]; failuresLocation: string };
  expect(failures.map(({ index }) => index)).toEqual(Array.from({ length: 20 }, (_, k) => 100 * k + 7));
  expect(failures[0]).toEqual({ index: 7, code: 'NO_LUCK', message: 'member 7 fails' });
  const lines = (await readFile(new URL(failuresLocation), 'utf8')).trim().split('\n');
  expect(lines.map((line) => JSON.parse(line).index)).toEqual(Array.from({ length: 25 }, (_, k) => 100 * k + 7));
  expect(JSON.parse(lines[24] as string)).toEqual({
    index: 2407,
    runId: `${runId}#2407`,
    code: 'NO_LUCK',
    message: 'member 2407 fails',
    item: { n: 2407, fail: true },
  });
  expect(new Set(members.of('many')).size).toBe(2500);
  expect(members.of('many')).toHaveLength(2500);
  expect(members.most).toBeLessThanOrEqual(40);
  const id = runWorkflowId(rig.project, runId);
  for (const part of [id, `${id}/0`, `${id}/1`, `${id}/2`]) {
    const [last, ...before] = await executionsOf(rig.temporal, part);
    expect(before).toEqual([]);
    expect(last?.history.events?.length).toBeLessThan(600);
  }
  expect(await rig.temporal.workflow.getHandle(id).query('progress')).toEqual({
    done: 2500,
    total: 2500,
    note: '25 failed',
  });
});

describe('failed members', () => {
  test('end the run by its policy, those that wait included', async () => {
    const [first, ...others] = items(100);
    const one = [{ ...first, fail: true }, ...others.map((item) => ({ ...item, wait: true }))];
    const failed = await fanOut('fast', { items: one, window: 5 });
    expect(failed).toMatchObject({ state: 'failed', error: { code: 'FAN_OUT_FAILED' } });
    expect(failed.error?.message).toMatch(
      /^1 of 100 members failed, by onFailure.policy fail_fast that ends the run \(all failures: file:.*\): #0 NO_LUCK: member 0 fails$/,
    );
    expect(members.of('fast').length).toBeLessThan(20);

    const third = (n: number) => n % 3 === 0;
    const policy = { maxFailed: 4 };
    const stopped = await fanOut('fifth', { items: items(60, third), window: 1, onFailure: { policy } });
    expect(stopped.error?.message).toMatch(/^5 of 60 members failed, by onFailure.policy maxFailed 4/);
    const within = { items: items(60, third), onFailure: { policy: { maxFailed: '34%' } } };
    const allowed = await fanOut('within', within);
    expect(allowed).toMatchObject({ state: 'succeeded', result: { succeeded: 40, failed: 20 } });
  });

  test('a second attempt of the run finds how the first ended', async () => {
    await rig.client.jobs.create.mutate({
      ...{ project: rig.project, id: 'twice', task: 'fanOut', schedule: { immediate: true } },
      retry: { maximumAttempts: 2, initialInterval: '1s' },
      input: { task: 'member', items: items(1, () => true), retry: { maximumAttempts: 2, initialInterval: '10ms' } },
    } as never);
    const [run] = await rig.ended('twice', 1);
    expect(run).toMatchObject({ state: 'failed', attempt: 2, error: { code: 'FAN_OUT_FAILED' } });
    expect(members.of('twice')).toHaveLength(2);
  });
});

test('a cancelled run cancels its members, in all parts', async () => {
  const waiting = items(1200).map((item) => ({ ...item, wait: true }));
  await begin('long', { items: waiting, window: 20 });
  await members.until(20, 'long');
  await rig.client.jobs.cancel.mutate({ project: rig.project, id: 'long', reason: 'enough' });
  const [run] = await rig.ended('long', 1);
  expect(run?.state).toBe('cancelled');
  const id = runWorkflowId(rig.project, run?.runId as string);
  const part = rig.temporal.workflow.getHandle(`${id}/0`);
  expect((await rig.temporal.workflow.getHandle(id).describe()).status.name).toBe('CANCELLED');
  expect(await part.result()).toEqual({ succeeded: 0, failed: 0, skipped: 0, failures: [], logs: [] });
});

test('what cannot be listed fails with its reason', async () => {
  const unknown = await fanOut('unknown', { items: [], task: 'nobody' });
  expect(unknown).toMatchObject({ state: 'failed', error: { code: 'TASK_UNKNOWN' } });
  const long = await fanOut('long-item', { items: [1, 'x'.repeat(33_000)] });
  expect(long.error).toMatchObject({ code: 'FAN_OUT_SOURCE_INVALID', message: expect.stringContaining('at item 1') });
});

describe("a workflow of the user's own", () => {
  const workflow = async (id: string, input: Record<string, unknown>) => {
    const { client, project, taskQueue } = rig;
    await client.jobs.create.mutate({
      ...{ project, id, task: 'workflow', schedule: { immediate: true }, retry: { maximumAttempts: 1 } },
      input: { taskQueue, ...input },
    } as never);
  };
  const request = (list: unknown[], runId = 'own') => ({
    run: { project: rig.project, jobId: 'own', runId, scheduledAt: '2026-01-01T00:00:00Z' },
    ...{ member: { task: 'member' }, items: list, window: 2, chunk: 10, policy: 'fail_fast' },
  });

  test('is the run: its result, its failure, its end by somebody else', async () => {
    await workflow('result', { type: 'fanOut', args: [request([{ n: 1 }])] });
    expect((await rig.ended('result', 1))[0]).toMatchObject({ state: 'succeeded', result: { succeeded: 1 } });

    await workflow('failure', { type: 'fanOut', args: [{ ...request([]), member: { task: 'nobody' } }] });
    expect((await rig.ended('failure', 1))[0]).toMatchObject({
      state: 'failed',
      error: { code: 'TASK_UNKNOWN', message: expect.stringContaining('"nobody"') },
    });

    await workflow('ended', { type: 'fanOut', args: [request([{ n: 1, wait: true }])], taskQueue: 'nobody-serves-it' });
    const handle = rig.temporal.workflow.getHandle(
      runWorkflowId(rig.project, (await rig.recorded(({ jobId }) => jobId === 'ended')).runId),
    );
    await until('it is started', () =>
      handle.terminate('by hand').then(
        () => true,
        () => undefined,
      ),
    );
    expect((await rig.ended('ended', 1))[0]?.error).toEqual({
      code: 'WORKFLOW_TERMINATED',
      message: 'The workflow fanOut was terminated.',
    });
  });

  test('ends with its run', async () => {
    await workflow('cancelled', { type: 'fanOut', args: [request([{ n: 1, wait: true }], 'waiting')] });
    await members.until(1, 'waiting');
    await rig.client.jobs.cancel.mutate({ project: rig.project, id: 'cancelled', reason: 'enough' });
    const [run] = await rig.ended('cancelled', 1);
    expect(run?.state).toBe('cancelled');
    const handle = rig.temporal.workflow.getHandle(runWorkflowId(rig.project, run?.runId as string));
    expect((await handle.describe()).status.name).toBe('CANCELLED');
  });

  test('is left alone by a worker that shuts down, and found by the next attempt', async () => {
    // Of the kind a worker has: it does not hear signals.
    const connection = await NativeConnection.connect({ address: inject('temporalAddress') });
    onTestFinished(() => connection.close());
    const link = { connection, namespace: 'default', taskQueue: rig.taskQueue, progressMs: 50 };
    const workflows = createWorkflows(link)({ project: rig.project, jobId: 'own', runId: 'handed-over' });
    const told: unknown[] = [];
    const start = { type: 'fanOut', args: [request([{ n: 1, wait: true }], 'over')] };
    const tell = (then?: () => void) => (progress: unknown) => {
      told.push(progress);
      then?.();
    };
    const execute = (signal: AbortSignal, onProgress?: () => void) =>
      workflows.execute({ ...start, onProgress: tell(onProgress) }, signal);

    const shutdown = new AbortController();
    const first = execute(shutdown.signal);
    await members.until(1, 'over');
    shutdown.abort(new CancelledFailure('WORKER_SHUTDOWN'));
    await expect(first).rejects.toThrow('WORKER_SHUTDOWN');
    const handle = rig.temporal.workflow.getHandle(runWorkflowId(rig.project, 'handed-over'));
    expect((await handle.describe()).status.name).toBe('RUNNING');

    const cancel = new AbortController();
    await expect(execute(cancel.signal, () => cancel.abort(new Error('enough')))).rejects.toThrow('enough');
    expect(told).toContainEqual({ done: 0, total: 1 });
    expect((await handle.describe()).status.name).toBe('CANCELLED');
    expect(members.of('over')).toHaveLength(1);
    const third = execute(new AbortController().signal);
    await expect(third).rejects.toMatchObject({ code: 'WORKFLOW_CANCELLED' });
  });
});
