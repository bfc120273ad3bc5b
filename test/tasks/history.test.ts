import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { TaskContext } from '../../src/core/task/context.js';
import { giveUp, retryAfter, skip } from '../../src/core/task/outcome.js';
import { defineTask } from '../../src/core/task/task.js';
import { carillon } from '../cli/terminal.js';
import { type Rig, startRig } from '../rig/rig.js';

/** What the tasks of a job do now; a test changes it. */
const acts = new Map<string, (context: TaskContext) => unknown>();
const act = (context: TaskContext) => acts.get(context.jobId)?.(context);
const input = z.strictObject({ n: z.number().default(0) });
const tasks = [
  defineTask({ name: 'act', input, retry: { maximumAttempts: 3, initialInterval: '50ms' }, run: act }),
  defineTask({ name: 'act.light', lane: 'light', input, run: act }),
];
const once = { schedule: { immediate: true as const } };
const waits = ({ signal }: TaskContext) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ tasks });
});
afterAll(() => rig.close());

function create(id: string, job: object, run: (context: TaskContext) => unknown) {
  acts.set(id, run);
  return rig.client.jobs.create.mutate({ task: 'act', input: { n: 1 }, ...once, ...job, id, project: rig.project });
}

async function ended(jobId: string, count = 1) {
  return (await rig.ended(jobId, count)).at(-1) as Awaited<ReturnType<Rig['ended']>>[number];
}

test('each failed attempt is kept, with its causes; runs of one fault are found by its fingerprint', async () => {
  await create('flaky', {}, ({ attempt }) => {
    if (attempt < 3) throw new TypeError(`row ${attempt}7 is bad`, { cause: new Error('the disk is slow') });
    return attempt;
  });
  const { runId } = await ended('flaky');
  const run = await rig.client.runs.get.query({ project: rig.project, runId });
  const failed = (attempt: number) => ({
    ...{ attempt, state: 'failed', startedAt: expect.any(String), finishedAt: expect.any(String) },
    error: { code: 'TypeError', message: `row ${attempt}7 is bad: the disk is slow` },
    causes: [{ code: 'TASK_FAILED', message: 'the disk is slow' }],
    worker: expect.any(String),
  });
  expect(run.attempts).toEqual([failed(1), failed(2), expect.objectContaining({ attempt: 3, state: 'succeeded' })]);
  expect(run).toMatchObject({
    ...{ state: 'succeeded', attempt: 3, input: { n: 1 } },
    links: { workflowId: `job:${rig.project}:flaky` },
  });

  for (const id of ['bad-1', 'bad-2'])
    await create(id, { retry: { maximumAttempts: 1 } }, ({ jobId }) => {
      throw new Error(`no file ${jobId.slice(-1)}00 in "${jobId}"`);
    });
  const fingerprint = 'TASK_FAILED no file # in …';
  for (const id of ['bad-1', 'bad-2']) expect(await ended(id)).toMatchObject({ errorFingerprint: fingerprint });
  const { items } = await rig.client.runs.list.query({ project: rig.project, fingerprint });
  expect(items.map(({ jobId }) => jobId).sort()).toEqual(['bad-1', 'bad-2']);
});

test('outcomes as values, in both lanes', async () => {
  for (const lane of ['', '.light']) {
    const name = lane ? 'light' : 'standard';
    const job = { task: `act${lane}`, retry: { maximumAttempts: 3, initialInterval: '1h', maximumInterval: '1h' } };
    await create(`later-${name}`, job, ({ attempt }) => (attempt < 3 ? retryAfter('50ms', 'not there yet') : 'there'));
    await create(`gives-up-${name}`, job, () => giveUp('the account is closed'));
    await create(`skips-${name}`, job, () => skip('nothing new'));
    expect(await ended(`later-${name}`)).toMatchObject({ state: 'succeeded', attempt: 3, result: 'there' });
    const error = { code: 'GAVE_UP', message: 'the account is closed' };
    expect(await ended(`gives-up-${name}`)).toMatchObject({ state: 'failed', attempt: 1, error });
    const why = { reason: 'by_task', detail: 'nothing new' };
    expect(await ended(`skips-${name}`)).toMatchObject({ state: 'skipped', attempt: 1, ...why });
    const snapshot = await rig.handle(`skips-${name}`).result();
    expect(snapshot).toMatchObject({ state: 'completed', counters: { skipped: 1, failed: 0 }, lastRun: why });
    const first = await rig.recorded(({ jobId, failedAttempt }) => jobId === `later-${name}` && !!failedAttempt);
    expect(first.failedAttempt?.error).toEqual({ code: 'RETRY_LATER', message: 'not there yet' });
  }
});

test('one run is cancelled: in progress, waiting, and between attempts; the job goes on', async () => {
  const { client, project } = rig;
  let started = () => {};
  const running = new Promise<void>((resolve) => {
    started = resolve;
  });
  await create('stays', { schedule: { every: '1h' }, overlap: 'buffer_all' }, (context) => {
    started();
    return waits(context);
  });
  const [first, second] = [
    await client.jobs.trigger.mutate({ project, id: 'stays', key: 'first' }),
    await client.jobs.trigger.mutate({ project, id: 'stays', key: 'second' }),
  ];
  await running;
  const cancel = (runId: string) => client.runs.cancel.mutate({ project, runId, reason: 'wrong input' });
  await cancel(second.runId);
  const { job } = await cancel(first.runId);
  expect(job?.state).toMatch(/running|scheduled/);
  for (const { runId } of [first, second]) {
    const entry = await rig.recorded((one) => one.runId === runId && one.state === 'cancelled');
    expect(entry).toMatchObject({ reason: 'run_cancelled', detail: 'wrong input' });
  }
  await expect(cancel(first.runId)).rejects.toThrow(/under way/);
  await expect(cancel('stays@2026-01-01T00:00:00Z!fill')).rejects.toThrow(/backfill/);

  await create(
    'between',
    { schedule: { every: '1h' }, retry: { initialInterval: '1h', maximumInterval: '1h' } },
    () => {
      throw new Error('no');
    },
  );
  const third = await client.jobs.trigger.mutate({ project, id: 'between', key: 'third' });
  await rig.recorded(({ runId, state }) => runId === third.runId && state === 'retrying');
  await cancel(third.runId);
  expect(await rig.recorded(({ runId, finishedAt }) => runId === third.runId && !!finishedAt)).toMatchObject({
    ...{ state: 'cancelled', reason: 'run_cancelled', attempt: 1 },
  });
});

test('dead letters are tried again once, by the job or, when that has ended, by a backfill', async () => {
  const { client, project } = rig;
  const one = { retry: { maximumAttempts: 1 } };
  const fails = () => {
    throw new Error('the bank is closed');
  };
  await create('bill-once', { ...one, input: { n: 7 } }, fails);
  await create('bill-often', { ...one, schedule: { every: '1h' } }, fails);
  await client.jobs.trigger.mutate({ project, id: 'bill-often', key: 'a', input: { n: 9 } });
  const failed = [await ended('bill-once'), await ended('bill-often')];
  const filter = { project, fingerprint: 'TASK_FAILED the bank is closed' };
  const dead = async () => (await client.runs.deadLetters.query(filter)).items.map(({ runId }) => runId).sort();
  expect(await dead()).toEqual(failed.map(({ runId }) => runId).sort());

  const [dismissed] = failed as [(typeof failed)[0]];
  await client.runs.dismiss.mutate({ project, runId: dismissed.runId, note: 'paid by hand', by: 'ann' });
  expect(await dead()).toHaveLength(1);
  await client.runs.dismiss.mutate({ project, runId: dismissed.runId, undo: true });

  const seen: unknown[] = [];
  for (const id of ['bill-once', 'bill-often'])
    acts.set(id, ({ scheduledAt, jobId }) => void seen.push([jobId, scheduledAt.toISOString()]));
  expect(await client.runs.redrive.mutate({ ...filter, dryRun: true })).toMatchObject({ count: 2, retries: [] });
  const cli = await carillon([
    'runs',
    'redrive',
    '--fingerprint',
    filter.fingerprint,
    '--project',
    project,
    '--url',
    rig.url,
  ]);
  expect(cli).toMatchObject({ code: 0, err: '2 tried again\n' });
  expect(cli.out).toMatch(/bill-once@.*!retry-\w+ +backfill/);
  expect(cli.out).toMatch(/bill-often@key:retry-\w+ +job/);
  const again = [await ended('bill-once', 2), await ended('bill-often', 2)];
  expect(again.map(({ state }) => state)).toEqual(['succeeded', 'succeeded']);
  expect(again[1]).toMatchObject({ trigger: 'manual', detail: `retry of ${failed[1]?.runId}`, input: { n: 9 } });
  const nominal = (entry: (typeof failed)[0] | undefined) => new Date(entry?.scheduledAt ?? '').toISOString();
  expect(seen.sort()).toEqual([
    ['bill-often', nominal(failed[1])],
    ['bill-once', nominal(failed[0])],
  ]);
  expect(await dead()).toEqual([]);
  expect(await client.runs.redrive.mutate(filter)).toMatchObject({ count: 0, more: false });
  // By its key, a repeated retry finds the one that was made.
  const repeated = await client.runs.retry.mutate({ project, runId: failed[1]?.runId ?? '' });
  expect(repeated.runId).toBe(again[1]?.runId);
  expect(seen).toHaveLength(2);
  await expect(client.runs.retry.mutate({ project, runId: again[1]?.runId ?? '' })).rejects.toThrow(/failed/);
});
