import { EventEmitter, once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { toCarillonError } from '../../src/api/client/client.js';
import { backfillWorkflowId, isoTime } from '../../src/core/ids.js';
import { defineTask } from '../../src/core/task/task.js';
import { startApiOnly } from '../api/api-only.js';
import { startWorker } from '../api/late-worker.js';
import { executionsOf, type Rig, startRig } from '../rig/rig.js';

type View = Awaited<ReturnType<Rig['client']['backfills']['get']['query']>>;

/** Runs in progress of each job, and the most there were. */
const busy = new Map<string, { now: number; most: number }>();
function enter(jobId: string): () => void {
  const count = busy.get(jobId) ?? { now: 0, most: 0 };
  busy.set(jobId, count);
  count.now += 1;
  count.most = Math.max(count.most, count.now);
  return () => {
    count.now -= 1;
  };
}

const counted = defineTask({
  name: 'counted',
  input: z.strictObject({ label: z.string().optional() }),
  async run({ jobId }, { label }) {
    const leave = enter(jobId);
    await new Promise((resolve) => setTimeout(resolve, 20));
    leave();
    return label;
  },
});
/** The first four wait for each other: so many are in progress at once, however quick the machine is. */
const four = new EventEmitter();
const together = defineTask({
  name: 'together',
  input: z.strictObject({}),
  async run({ jobId, signal }) {
    const leave = enter(jobId);
    if (busy.get(jobId)?.most === 4) four.emit('there');
    else await once(four, 'there', { signal });
    await new Promise((resolve) => setTimeout(resolve, 20));
    leave();
  },
});
/** Fails at noon. */
const noonless = defineTask({
  name: 'noonless',
  input: z.strictObject({ healed: z.boolean().optional() }),
  run({ scheduledAt }, { healed }) {
    if (scheduledAt.getUTCHours() === 12 && !healed) throw new Error('noon never works');
  },
});
/** Light by its own word: a backfill runs it all the same. */
const quick = defineTask({ name: 'quick', lane: 'light', input: z.strictObject({}), run: () => 'done' });

/** Where runs wait, by job. */
class Doors {
  #waiting = new Map<string, (() => void)[]>();
  #begun = new Map<string, { count: number; told: (() => void)[] }>();
  #open = new Set<string>();

  async pass(jobId: string, signal: AbortSignal): Promise<void> {
    const begun = this.#of(jobId);
    begun.count += 1;
    for (const tell of begun.told.splice(0)) tell();
    if (this.#open.has(jobId)) return;
    await new Promise<void>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      this.#waiting.set(jobId, [...(this.#waiting.get(jobId) ?? []), resolve]);
    });
  }

  begunCount(jobId: string): number {
    return this.#of(jobId).count;
  }

  /** Resolves once so many runs have begun. */
  async begun(jobId: string, count: number): Promise<void> {
    const begun = this.#of(jobId);
    while (begun.count < count) await new Promise<void>((resolve) => begun.told.push(resolve));
  }

  /** Lets so many of those who wait go. */
  release(jobId: string, count = 1): void {
    for (const resolve of this.#waiting.get(jobId)?.splice(0, count) ?? []) resolve();
  }

  open(jobId: string): void {
    this.#open.add(jobId);
    this.release(jobId, Number.POSITIVE_INFINITY);
  }

  #of(jobId: string) {
    const known = this.#begun.get(jobId) ?? { count: 0, told: [] };
    this.#begun.set(jobId, known);
    return known;
  }
}
const doors = new Doors();
const held = defineTask({
  name: 'held',
  input: z.strictObject({}),
  run: ({ jobId, signal }) => doors.pass(jobId, signal),
});
const tasks = [counted, together, noonless, quick, held];

const day = '2026-03-02T00:00:00Z';
const nextDay = '2026-03-03T00:00:00Z';
const hours = Array.from({ length: 24 }, (_, hour) => isoTime(Date.parse(day) + hour * 3_600_000));

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ tasks, heavy: true });
});
afterAll(() => rig.close());

/** An hourly job that never comes due while the tests run. */
async function job(id: string, task: string, definition: object = {}): Promise<void> {
  const schedule = { cron: '0 * * * *' };
  const retry = { maximumAttempts: 1 };
  await rig.client.jobs.create.mutate({ project: rig.project, id, task, input: {}, schedule, retry, ...definition });
  await rig.client.jobs.pause.mutate({ project: rig.project, id });
}

async function fill(jobId: string, request: object = {}): Promise<View> {
  const asked = { project: rig.project, jobId, from: day, to: nextDay, ...request };
  const { backfill } = await rig.client.backfills.create.mutate(asked);
  if (!backfill) throw new Error('Expected a backfill, got none.');
  return backfill;
}

async function ended({ jobId, id }: Pick<View, 'jobId' | 'id'>): Promise<View> {
  await rig.temporal.workflow.getHandle(backfillWorkflowId(rig.project, jobId, id)).result();
  return rig.client.backfills.get.query({ project: rig.project, id });
}

const refused = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error) => toCarillonError(error),
  );

/** Nominal times of a backfill's runs in the order in which they ended. */
function ran({ id }: Pick<View, 'id'>): string[] {
  const entries = rig.ledger.filter(({ runId, finishedAt }) => runId.endsWith(`!${id}`) && finishedAt);
  return entries.map(({ scheduledAt }) => scheduledAt);
}

test('a dry run tells what would run and stores nothing', async () => {
  await job('dry', 'counted');
  const { backfill, dryRun } = await rig.client.backfills.create.mutate({
    ...{ project: rig.project, jobId: 'dry', from: day, to: nextDay, dryRun: true },
  });
  expect(backfill).toBeNull();
  expect(dryRun).toEqual({
    ...{ total: 24, skipped: 0, excluded: 0, exact: true, definitionVersion: 1 },
    first: hours.slice(0, 10),
    last: hours.slice(14),
  });
  expect((await rig.client.backfills.list.query({ project: rig.project, jobId: 'dry' })).items).toEqual([]);
  expect(busy.has('dry')).toBe(false);
});

test('every occurrence of the range runs once, oldest first; a second backfill leaves them out', async () => {
  await job('once', 'counted');
  const first = await fill('once', { id: 'march', input: { label: 'again' }, note: 'the lost day' });
  expect(await ended(first)).toMatchObject({
    state: 'completed',
    definitionVersion: 1,
    closeReason: 'range gone through',
    progress: { total: 24, exact: true, succeeded: 24, running: 0, remaining: 0, percent: 100, reached: hours[23] },
  });
  expect(ran(first)).toEqual(hours);
  expect(await rig.client.runs.get.query({ project: rig.project, runId: `once@${hours[3]}!march` })).toMatchObject({
    trigger: 'backfill',
    state: 'succeeded',
    input: { label: 'again' },
    result: 'again',
  });
  // The job's own state is none of the backfill's business.
  expect(await rig.store.jobs.get(rig.project, 'once')).toMatchObject({ state: 'paused', lastRun: null, running: 0 });

  const { dryRun } = await rig.client.backfills.create.mutate({
    ...{ project: rig.project, jobId: 'once', from: day, to: '2026-03-03T02:00:00Z', dryRun: true },
  });
  expect(dryRun).toMatchObject({ total: 2, skipped: 24, first: ['2026-03-03T00:00:00Z', '2026-03-03T01:00:00Z'] });
  const second = await fill('once', { to: '2026-03-03T02:00:00Z' });
  expect(await ended(second)).toMatchObject({ state: 'completed', progress: { total: 2, skipped: 24, succeeded: 2 } });
});

test('the window never holds more runs than asked for, newest first', async () => {
  await job('window', 'together');
  const backfill = await fill('window', { maxActiveRuns: 4, order: 'newest' });
  expect(await ended(backfill)).toMatchObject({ state: 'completed', progress: { succeeded: 24, reached: hours[0] } });
  expect(busy.get('window')?.most).toBe(4);
  expect([...ran(backfill)].sort()).toEqual(hours);
  expect(ran(backfill).slice(0, 4).sort()).toEqual(hours.slice(20));
});

test('what failed runs again only when asked, everything with `all`', async () => {
  await job('noon', 'noonless');
  const first = await fill('noon');
  expect(await ended(first)).toMatchObject({
    state: 'failed',
    closeReason: '1 runs failed',
    progress: { succeeded: 23, failed: 1, percent: 100 },
  });
  expect(await ended(await fill('noon'))).toMatchObject({ state: 'completed', progress: { total: 0, skipped: 24 } });
  const healed = await fill('noon', { rerun: 'failed', input: { healed: true } });
  expect(await ended(healed)).toMatchObject({ state: 'completed', progress: { total: 1, skipped: 23, succeeded: 1 } });
  expect(ran(healed)).toEqual([hours[12]]);
  const all = await fill('noon', { rerun: 'all', input: { healed: true }, maxActiveRuns: 8 });
  expect(await ended(all)).toMatchObject({ progress: { total: 24, skipped: 0, succeeded: 24 } });
});

test('the same id is the same backfill, and no other', async () => {
  await job('same', 'counted');
  const first = await fill('same', { id: 'only' });
  expect((await fill('same', { id: 'only' })).createdAt).toBe(first.createdAt);
  expect(await refused(fill('same', { id: 'only', maxActiveRuns: 3 }))).toMatchObject({ code: 'BACKFILL_EXISTS' });
  await job('same-too', 'counted');
  expect(await refused(fill('same-too', { id: 'only' }))).toMatchObject({ code: 'BACKFILL_EXISTS' });
  await ended(first);
  expect((await fill('same', { id: 'only' })).state).toBe('completed');
  expect(ran(first)).toHaveLength(24);
});

test('what makes no sense is refused with the field at fault', async () => {
  await job('wrong', 'counted');
  expect(await refused(fill('wrong', { to: day }))).toMatchObject({ code: 'INPUT_INVALID', details: { field: 'to' } });
  expect(await refused(fill('wrong', { maxActiveRuns: 101 }))).toMatchObject({ details: { field: 'maxActiveRuns' } });
  expect(await refused(fill('wrong', { input: { label: 5 } }))).toMatchObject({ code: 'TASK_INPUT_INVALID' });
  expect(await refused(fill('nobody'))).toMatchObject({ code: 'JOB_NOT_FOUND' });
  const missing = rig.client.backfills.pause.mutate({ project: rig.project, id: 'nothing' });
  expect(await refused(missing)).toMatchObject({ code: 'BACKFILL_NOT_FOUND' });
});

test('a paused backfill lets runs end and starts none; resumed it goes on', async () => {
  await job('pausing', 'held');
  const { id } = await fill('pausing', { maxActiveRuns: 2 });
  await doors.begun('pausing', 2);
  const ref = { project: rig.project, id };
  const paused = await rig.client.backfills.pause.mutate({ ...ref, note: 'too hot', by: 'ada' });
  expect(paused).toMatchObject({
    confirmed: true,
    backfill: { state: 'paused', pause: { note: 'too hot', by: 'ada' } },
  });
  doors.open('pausing');
  await expect
    .poll(async () => (await rig.client.backfills.get.query(ref)).progress, { timeout: 10_000 })
    .toMatchObject({ running: 0, succeeded: 2 });
  expect(doors.begunCount('pausing')).toBe(2);
  const handle = rig.temporal.workflow.getHandle(backfillWorkflowId(rig.project, 'pausing', id));
  expect((await handle.describe()).searchAttributes.CarillonState).toEqual(['paused']);
  await rig.client.backfills.resume.mutate(ref);
  expect(await ended({ jobId: 'pausing', id })).toMatchObject({ state: 'completed', progress: { succeeded: 24 } });
  expect(await refused(rig.client.backfills.pause.mutate(ref))).toMatchObject({ code: 'BACKFILL_CLOSED' });
});

test('cancel ends the runs in progress, all in the ledger; a new backfill does the rest', async () => {
  await job('stopping', 'held');
  const { id } = await fill('stopping', { maxActiveRuns: 3 });
  await doors.begun('stopping', 3);
  doors.release('stopping');
  await doors.begun('stopping', 4);
  const ref = { project: rig.project, id };
  await rig.client.backfills.cancel.mutate({ ...ref, reason: 'wrong day' });
  const closed = await ended({ jobId: 'stopping', id });
  expect(closed).toMatchObject({
    state: 'cancelled',
    closeReason: 'wrong day',
    progress: { succeeded: 1, cancelled: 3, running: 0 },
  });
  const { items } = await rig.client.runs.list.query({ project: rig.project, jobId: 'stopping' });
  expect(items.map(({ state }) => state).sort()).toEqual(['cancelled', 'cancelled', 'cancelled', 'succeeded']);
  doors.open('stopping');
  const rest = await ended(await fill('stopping', { maxActiveRuns: 5 }));
  expect(rest).toMatchObject({ state: 'completed', progress: { total: 23, skipped: 1, succeeded: 23 } });
});

test('commands by hand, and an end by hand, are seen', async () => {
  await job('by-hand', 'held');
  const { id } = await fill('by-hand');
  await doors.begun('by-hand', 1);
  const handle = rig.temporal.workflow.getHandle(backfillWorkflowId(rig.project, 'by-hand', id));
  await handle.signal('pause', { note: 'by hand' });
  await expect
    .poll(async () => (await rig.store.backfills.get(rig.project, id))?.pause?.note, { timeout: 10_000 })
    .toBe('by hand');
  await handle.terminate('by hand');
  const { items } = await rig.client.backfills.list.query({ project: rig.project, jobId: 'by-hand' });
  expect(items).toMatchObject([{ id, state: 'paused' }]);
  expect(await rig.client.backfills.get.query({ project: rig.project, id })).toMatchObject({
    state: 'cancelled',
    closeReason: 'workflow terminated',
  });
  expect(await rig.store.backfills.get(rig.project, id)).toMatchObject({ state: 'cancelled' });
});

test('light and heavy jobs are backfilled too, an interval also before its anchor', async () => {
  await job('light', 'quick', { schedule: { every: '1h', anchor: '2030-01-01T00:30:00Z' } });
  const light = await fill('light', { maxActiveRuns: 6 });
  expect(await ended(light)).toMatchObject({ state: 'completed', progress: { succeeded: 24 } });
  expect(ran(light).every((time) => time.endsWith(':30:00Z'))).toBe(true);
  await job('heavy', 'quick', { lane: 'heavy' });
  const heavy = await fill('heavy', { to: '2026-03-02T03:00:00Z' });
  expect(await ended(heavy)).toMatchObject({ state: 'completed', progress: { succeeded: 3 } });
  const [entry] = rig.ledger.filter(({ jobId }) => jobId === 'heavy');
  expect(entry?.worker).toMatch(/\/heavy$/);
});

test('excluded occurrences do not run, and are counted', async () => {
  await job('weekdays', 'quick', { schedule: { cron: '0 */6 * * *', exclude: [{ weekly: 'SAT,SUN' }] } });
  const backfill = await fill('weekdays', { from: '2026-02-28T00:00:00Z', maxActiveRuns: 2 });
  expect(await ended(backfill)).toMatchObject({
    state: 'completed',
    progress: { total: 4, succeeded: 4, excluded: 8, skipped: 0 },
  });
  expect(ran(backfill).sort()).toEqual(hours.filter((_, hour) => hour % 6 === 0));
});

test('a thousand occurrences: continues as new on the way, each once', async () => {
  await job('thousand', 'quick');
  const from = Date.parse(day);
  const to = isoTime(from + 1000 * 3_600_000);
  const backfill = await fill('thousand', { to, maxActiveRuns: 10 });
  expect(await ended(backfill)).toMatchObject({ state: 'completed', progress: { total: 1000, succeeded: 1000 } });
  const all = Array.from({ length: 1000 }, (_, hour) => isoTime(from + hour * 3_600_000));
  expect(ran(backfill).sort()).toEqual(all);
  const id = backfillWorkflowId(rig.project, 'thousand', backfill.id);
  const executions = await executionsOf(rig.temporal, id);
  expect(executions.length).toBeGreaterThan(2);
  for (const { history } of executions) expect(history.events?.length).toBeLessThan(1000);
}, 120_000);

test('when its worker goes, it goes on with another one; no run is lost or recorded twice', async () => {
  const api = await startApiOnly({ tasks });
  const { project, client } = api;
  const leaving = await startWorker(api, tasks);
  const retry = { maximumAttempts: 3, initialInterval: '1s' };
  const schedule = { cron: '0 * * * *' };
  await client.jobs.create.mutate({ project, id: 'moving', task: 'held', input: {}, schedule, retry });
  const asked = { project, jobId: 'moving', id: 'moved', from: day, to: '2026-03-02T08:00:00Z', maxActiveRuns: 3 };
  await client.backfills.create.mutate(asked);
  await doors.begun('moving', 3);
  await leaving.stop();
  expect(await api.store.backfills.get(project, 'moved')).toMatchObject({ state: 'running' });
  doors.open('moving');
  await startWorker(api, tasks);
  await rig.temporal.workflow.getHandle(backfillWorkflowId(project, 'moving', 'moved')).result();
  expect(await client.backfills.get.query({ project, id: 'moved' })).toMatchObject({
    state: 'completed',
    progress: { total: 8, succeeded: 8 },
  });
  const { items } = await client.runs.list.query({ project, jobId: 'moving', trigger: 'backfill' });
  expect(items.map(({ scheduledAt }) => scheduledAt).sort()).toEqual(hours.slice(0, 8));
  // Those it was in the midst of were begun again, under the same id.
  expect(items.filter(({ attempt }) => attempt > 1)).toHaveLength(3);
  await client.jobs.cancel.mutate({ project, id: 'moving' });
}, 60_000);
