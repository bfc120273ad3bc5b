import { WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { toCarillonError } from '../../src/api/client/client.js';
import type { JobSnapshot, JobStatus } from '../../src/core/contract.js';
import type { DefinitionInput } from '../../src/core/definition.js';
import { defineTask } from '../../src/core/task/task.js';
import type { TriggerAnswer } from '../../src/workflows/messages.js';
import { type Rig, startRig } from '../rig/rig.js';

const started = new Map<string, () => void>();
/** Runs until it is cancelled; tells when it has begun. */
const endless = defineTask({
  name: 'endless',
  input: z.strictObject({}),
  run: ({ signal, jobId }) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      started.get(jobId)?.();
    }),
});

const beats: number[] = [];
/** Tells when it ran. */
const beat = defineTask({
  name: 'beat',
  lane: 'standard',
  input: z.strictObject({}),
  run: () => void beats.push(Date.now()),
});

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ tasks: [endless, beat] });
});
afterAll(() => rig.close());

async function create(id: string, definition: Partial<DefinitionInput> = {}) {
  const base: DefinitionInput = { task: 'log', input: { message: id }, schedule: { every: '1h' } };
  await rig.client.jobs.create.mutate({ project: rig.project, id, ...base, ...definition });
  return rig.handle(id);
}

const row = (id: string) => rig.store.jobs.get(rig.project, id);
const status = (id: string) => rig.handle(id).query<JobStatus>('status');
const update = <Answer = JobSnapshot>(id: string, name: string, command: object, updateId?: string) =>
  rig.handle(id).executeUpdate<Answer, [object]>(name, { args: [command], updateId });

async function failureOf(promise: Promise<unknown>): Promise<ApplicationFailure> {
  const error = await promise.then(
    () => undefined,
    (caught) => caught,
  );
  expect(error).toBeInstanceOf(WorkflowUpdateFailedError);
  expect(error.cause).toBeInstanceOf(ApplicationFailure);
  return error.cause;
}

test('regression: the pause of an idle job reaches its search attributes and details', async () => {
  const handle = await create('idle');
  await rig.client.jobs.pause.mutate({ project: rig.project, id: 'idle', note: 'stock-taking' });
  await expect
    .poll(async () => (await handle.describe()).searchAttributes.CarillonState, { timeout: 10_000 })
    .toEqual(['paused']);
  const metadata = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
  expect(metadata.currentDetails).toContain('stock-taking');
  await rig.client.jobs.resume.mutate({ project: rig.project, id: 'idle' });
  await expect
    .poll(async () => (await handle.describe()).searchAttributes.CarillonState, { timeout: 10_000 })
    .toEqual(['scheduled']);
});

test('a command by hand, as a Signal, is carried out and reaches the database', async () => {
  const handle = await create('by-hand');
  await handle.signal('pause', { note: 'by hand' });
  await expect.poll(async () => (await row('by-hand'))?.pause?.note, { timeout: 10_000 }).toBe('by hand');
  await handle.signal('resume');
  await expect.poll(async () => (await row('by-hand'))?.state, { timeout: 10_000 }).toBe('scheduled');
});

test('a schedule by hand is checked and planned by an activity', async () => {
  await create('replanned');
  const snapshot = await update('replanned', 'reschedule', {
    schedule: { cron: '30 4 * * *', timezone: 'Asia/Tokyo' },
  });
  expect(snapshot).toMatchObject({ definitionVersion: 2, words: expect.stringContaining('Asia/Tokyo') });
  expect(snapshot.nextRunAt).toMatch(/T19:30:00Z$/);
  const failure = await failureOf(update('replanned', 'reschedule', { schedule: { cron: 'whenever' } }));
  expect(failure.type).toBe('CRON_INVALID');
  expect(failure.details?.[0]).toMatchObject({ field: 'schedule.cron', value: 'whenever' });
  expect(await status('replanned')).toMatchObject({ state: 'scheduled' });
});

test('a Signal that is refused says why in the status', async () => {
  const handle = await create('refusing');
  await handle.signal('reschedule', { schedule: { cron: '61 * * * *' } });
  await expect.poll(async () => (await status('refusing')).lastRefusal?.code, { timeout: 10_000 }).toBe('CRON_INVALID');
  await handle.signal('pause', { until: 'tomorrow' });
  await expect.poll(async () => (await status('refusing')).lastRefusal?.code, { timeout: 10_000 }).toBe('TIME_INVALID');
});

test('a refused Update leaves no event behind', async () => {
  const handle = await create('unmoved');
  await handle.query('status');
  const before = (await handle.describe()).historyLength;
  const failure = await failureOf(update('unmoved', 'pause', { until: '2001-01-01T00:00:00Z' }));
  expect(failure.type).toBe('TIME_INVALID');
  expect(failure.details?.[0]).toMatchObject({ field: 'until', value: '2001-01-01T00:00:00Z' });
  expect((await handle.describe()).historyLength).toBe(before);
});

test('a repeated command is answered and not done twice', async () => {
  await create('once');
  const command = { commandId: 'trigger-1', input: { message: 'by hand' } };
  const first = await update<TriggerAnswer>('once', 'trigger', command, 'update-a');
  await rig.recorded(({ runId }) => runId === first.run?.runId);
  const second = await update<TriggerAnswer>('once', 'trigger', command, 'update-b');
  expect(second.run).toMatchObject({ runId: first.run?.runId, state: 'succeeded' });
  const paused = await update('once', 'pause', { commandId: 'pause-1', note: 'first' });
  await update('once', 'resume', { commandId: 'resume-1' });
  const again = await update('once', 'pause', { commandId: 'pause-1', note: 'first' });
  expect(again).toMatchObject({ pause: null });
  expect(again.revision).toBeGreaterThan(paused.revision);
  expect(rig.ledger.filter(({ jobId }) => jobId === 'once')).toHaveLength(1);
});

test('the same trigger key never starts a second run', async () => {
  await create('keyed');
  const answers = await Promise.all(
    ['a', 'b', 'c'].map((commandId) => update<TriggerAnswer>('keyed', 'trigger', { commandId, key: 'deploy-42' })),
  );
  expect(new Set(answers.map(({ run }) => run?.runId))).toEqual(new Set(['keyed@key:deploy-42']));
  await rig.recorded(({ jobId }) => jobId === 'keyed');
  expect(rig.ledger.filter(({ jobId }) => jobId === 'keyed')).toHaveLength(1);
});

test('a trigger while a run is in progress is refused under overlap skip', async () => {
  const begun = new Promise<void>((resolve) => started.set('busy', resolve));
  await create('busy', { task: 'endless', input: {} });
  await rig.client.jobs.trigger.mutate({ project: rig.project, id: 'busy', key: 'one' });
  await begun;
  const error = await rig.client.jobs.trigger.mutate({ project: rig.project, id: 'busy', key: 'two' }).then(
    () => undefined,
    (caught) => toCarillonError(caught),
  );
  expect(error).toMatchObject({ code: 'JOB_BUSY' });
  await rig.client.jobs.cancel.mutate({ project: rig.project, id: 'busy' });
  await rig.handle('busy').result();
});

test('cancel ends the run under way, then the job; both are in the ledger', async () => {
  const begun = new Promise<void>((resolve) => started.set('ended', resolve));
  const handle = await create('ended', { task: 'endless', input: {}, schedule: { immediate: true } });
  await begun;
  await rig.client.jobs.cancel.mutate({ project: rig.project, id: 'ended', reason: 'no longer needed' });
  expect(await handle.result()).toMatchObject({ state: 'cancelled', closeReason: 'no longer needed', running: 0 });
  const [entry] = await rig.ended('ended', 1);
  expect(entry).toMatchObject({ state: 'cancelled', attempt: 1 });
  expect(await row('ended')).toMatchObject({ state: 'cancelled', running: 0, counters: { cancelled: 1 } });
});

test("Temporal's own cancel ends a job the same way", async () => {
  const begun = new Promise<void>((resolve) => started.set('native', resolve));
  const handle = await create('native', { task: 'endless', input: {}, schedule: { immediate: true } });
  await begun;
  await handle.cancel();
  const error = await handle.result().catch((caught) => caught);
  expect(error).toBeInstanceOf(WorkflowFailedError);
  expect(error.cause).toBeInstanceOf(CancelledFailure);
  expect((await rig.ended('native', 1))[0]).toMatchObject({ state: 'cancelled' });
  expect(await row('native')).toMatchObject({ state: 'cancelled', closeReason: 'workflow cancelled' });
});

test('the Web UI shows what a job is and what its events are for', async () => {
  const handle = await create('shown', {
    description: 'Shows itself.',
    owner: 'ops',
    schedule: { every: '3s', maxRuns: 1 },
  });
  await handle.result();
  const description = await handle.describe();
  expect(await description.staticSummary()).toContain('log');
  expect(await description.staticDetails()).toContain('Shows itself.');
  expect(description.searchAttributes).toMatchObject({
    CarillonTask: ['log'],
    CarillonOwner: ['ops'],
    CarillonPriority: [3],
  });
  const { events } = await handle.fetchHistory();
  const summaries = (events ?? []).map(({ userMetadata }) => userMetadata?.summary?.data).filter(Boolean);
  expect(summaries.map((data) => Buffer.from(data as Uint8Array).toString()).join()).toContain('next: ');
  const metadata = await handle.query<{ definition: { updateDefinitions: { name: string; description: string }[] } }>(
    '__temporal_workflow_metadata',
  );
  const updates = metadata.definition.updateDefinitions;
  expect(updates.map(({ name }) => name).sort()).toEqual([
    'cancel',
    'cancelRun',
    'pause',
    'reschedule',
    'resume',
    'trigger',
    'update',
  ]);
  expect(updates.every(({ description }) => description.length > 10)).toBe(true);
});

test('a run is woken ahead of its time, yet none that is due after the answer to a pause runs', async () => {
  await create('racing', { task: 'beat', input: {}, schedule: { every: '1s' } });
  const ref = { project: rig.project, id: 'racing' };
  const quiet: [number, number][] = [];
  for (let round = 0; round < 7; round++) {
    const seen = beats.length;
    await expect.poll(() => beats.length, { timeout: 10_000, interval: 5 }).toBeGreaterThan(seen);
    // Some of these fall into the moment in which the next run is held.
    await new Promise((pass) => setTimeout(pass, round * 140));
    await rig.client.jobs.pause.mutate(ref);
    const answered = Date.now();
    await new Promise((pass) => setTimeout(pass, 300));
    quiet.push([answered, Date.now()]);
    await rig.client.jobs.resume.mutate(ref);
  }
  await rig.client.jobs.cancel.mutate(ref);
  const ran = rig.ledger.filter(({ jobId, state }) => jobId === 'racing' && state === 'succeeded');
  expect(beats.length).toBe(ran.length);
  for (const { scheduledAt, startedAt } of ran) {
    const due = Date.parse(scheduledAt);
    expect(Date.parse(startedAt ?? '')).toBeGreaterThanOrEqual(due);
    expect(quiet.filter(([from, to]) => due > from && due < to)).toEqual([]);
  }
}, 60_000);
