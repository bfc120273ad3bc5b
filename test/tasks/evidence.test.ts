import { mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { sweepLogs } from '../../src/api/runs/log-sweep.js';
import type { LogEventView } from '../../src/api/runs/log-views.js';
import { defineTask } from '../../src/core/task/task.js';
import { runName } from '../../src/objects/layout.js';
import { openObjectStore } from '../../src/objects/open.js';
import { carillon } from '../cli/terminal.js';
import { type Rig, startRig } from '../rig/rig.js';

/** Lets a task go on when the test has seen what it waits for. */
const gates = new Map<string, { open: () => void; opened: Promise<void> }>();
function gate(name: string) {
  const known = gates.get(name);
  if (known) return known;
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  gates.set(name, { open, opened });
  return { open, opened };
}

const talking = defineTask({
  name: 'talking',
  input: z.strictObject({ gate: z.string() }),
  async run(context, input) {
    context.log('began', { attempt: context.attempt });
    await gate(`${input.gate}-line`).opened;
    context.log.warn('went on');
    context.progress(1, 4, 'a quarter');
    await gate(`${input.gate}-progress`).opened;
    context.progress(4, 4);
    if (context.attempt === 1 && input.gate === 'twice') throw new Error('once more');
    return { done: true };
  },
});

const leaking = defineTask({
  name: 'leaking',
  input: z.strictObject({ token: z.string(), fail: z.boolean().optional(), large: z.boolean().optional() }),
  async run(context, { token, fail, large }) {
    context.log(`the token is ${token}`, { encoded: Buffer.from(`user:${token}`).toString('base64') });
    const read = await context.secrets.get('second');
    const location = await context.files.put('report/a.txt', 'an artifact');
    if (fail) throw new Error(`refused: ${token}`, { cause: new Error(`because of ${read}`) });
    return { token, read, location, ...(large && { text: 'x'.repeat(300_000) }), first: [...token].length };
  },
});

const cursor = defineTask({
  name: 'cursor',
  input: z.strictObject({}),
  async run(context) {
    const last = (await context.lastSuccess())?.result as { count: number } | undefined;
    return { count: (last?.count ?? 0) + 1, filling: 'x'.repeat(20_000) };
  },
});

let rig: Rig;
const folder = mkdtempSync(join(tmpdir(), 'carillon-evidence-'));
const objectsUrl = pathToFileURL(join(folder, 'objects')).href;
const elsewhere = pathToFileURL(join(folder, 'elsewhere')).href;

beforeAll(async () => {
  rig = await startRig({
    tasks: [talking, leaking, cursor],
    settings: { objects: { url: objectsUrl, resultLocations: [elsewhere] } },
    env: { CARILLON_SECRET_TOKEN: 'open sesame/+', CARILLON_SECRET_SECOND: 'second-secret' },
  });
});
afterAll(async () => {
  await rig.close();
  rmSync(folder, { recursive: true, force: true });
});

const once = { immediate: true } as const;
const never = { at: '2099-01-01T00:00:00Z' };
const retry = { maximumAttempts: 2, initialInterval: 'PT0.01S' };

/** Events of a run as they come. */
function follow(runId: string, lastEventId?: string) {
  const events: (LogEventView & { id: string })[] = [];
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const told of listeners) told();
  };
  let ended = false;
  let fault: unknown;
  const subscription = rig.client.runs.followLogs.subscribe(
    { project: rig.project, runId, lastEventId },
    {
      onData: ({ id, data }) => {
        events.push({ ...(data as LogEventView), id });
        tell();
      },
      onError: (error) => {
        fault = error;
        tell();
      },
      onComplete: () => {
        ended = true;
        tell();
      },
    },
  );
  const until = async (fits: () => boolean) => {
    while (!fits()) {
      if (fault) throw fault;
      await new Promise<void>((resolve) => {
        listeners.add(resolve);
      });
      listeners.clear();
    }
  };
  const messages = () => events.flatMap(({ lines }) => lines.map(({ message }) => message));
  return { events, messages, until, ended: () => until(() => ended), stop: () => subscription.unsubscribe() };
}

async function start(id: string, task: string, input: unknown, more: object = {}) {
  const { project, client } = rig;
  await client.jobs.create.mutate({
    project,
    id,
    task,
    input,
    schedule: never,
    retry,
    overlap: 'allow',
    ...more,
  } as never);
  const { runId } = await client.jobs.trigger.mutate({ project, id, key: 'a/b' });
  return runId;
}
const ended = (runId: string) => rig.recorded((entry) => entry.runId === runId && entry.finishedAt !== undefined);

test('a line is seen while the run goes on, by all who follow it, and progress with it', async () => {
  const runId = await start('live', 'talking', { gate: 'live' });
  const [one, other] = [follow(runId), follow(runId)];
  // The task waits for this test: what is seen now is seen while it runs.
  await Promise.all([one, other].map(({ until, messages }) => until(() => messages().includes('began'))));
  gate('live-line').open();
  await one.until(() => one.messages().includes('went on'));
  await one.until(() => one.events.some(({ run }) => run?.progress?.done === 1));
  expect(await rig.client.runs.get.query({ project: rig.project, runId })).toMatchObject({
    state: 'running',
    progress: { done: 1, total: 4, note: 'a quarter' },
  });
  gate('live-progress').open();
  await Promise.all([one.ended(), other.ended()]);
  expect(one.messages()).toEqual(['began', 'went on']);
  expect(other.messages()).toEqual(one.messages());
  expect(one.events.at(-1)).toMatchObject({
    ended: true,
    run: { state: 'succeeded', progress: { done: 4 }, log: { lines: 2 } },
  });
  const resumed = follow(runId, one.events.find(({ lines }) => lines.length > 0)?.id);
  await resumed.ended();
  expect(resumed.messages()).toEqual(['went on']);
});

test('attempts write one log, and a page of it can be asked for by level', async () => {
  for (const name of ['twice-line', 'twice-progress']) gate(name).open();
  const runId = await start('twice', 'talking', { gate: 'twice' });
  expect(await ended(runId)).toMatchObject({ state: 'succeeded', attempt: 2, log: { lines: 4, chunks: 2 } });
  const { project, client } = rig;
  const all = await client.runs.logs.query({ project, runId });
  expect(all).toMatchObject({ nextCursor: null, live: false });
  expect(all.items.map(({ attempt, level, message }) => [attempt, level, message])).toEqual([
    [1, 'info', 'began'],
    [1, 'warn', 'went on'],
    [2, 'info', 'began'],
    [2, 'warn', 'went on'],
  ]);
  const first = await client.runs.logs.query({ project, runId, level: 'warn', limit: 1 });
  expect(first.items.map(({ attempt }) => attempt)).toEqual([1]);
  const second = await client.runs.logs.query({
    project,
    runId,
    level: 'warn',
    limit: 1,
    cursor: first.nextCursor as string,
  });
  expect(second.items.map(({ attempt }) => attempt)).toEqual([2]);
  expect(second.nextCursor).toBeNull();
});

test('a run without lines leaves no log, the light lane leaves one with its end', async () => {
  const { project, client } = rig;
  await client.jobs.create.mutate({ project, id: 'said', task: 'log', input: { message: 'hi' }, schedule: once });
  const said = (await rig.ended('said', 1))[0]!;
  expect(said).toMatchObject({ state: 'succeeded', log: { lines: 1, chunks: 1 } });
  const follower = follow(said.runId);
  await follower.ended();
  expect(follower.messages()).toEqual(['hi']);
  const quiet = await start('quiet', 'cursor', {});
  expect((await ended(quiet)).log).toBeUndefined();
  expect(await client.runs.logs.query({ project, runId: quiet })).toEqual({ items: [], nextCursor: null, live: false });
});

test('no secret is left anywhere', async () => {
  const { project, client } = rig;
  const good = await start('good', 'leaking', { token: 'secret://token', large: true });
  const bad = await start('bad', 'leaking', { token: 'Bearer secret://token', fail: true });
  const missing = await start('missing', 'leaking', { token: 'secret://nothing' });
  expect(await ended(bad)).toMatchObject({
    state: 'failed',
    error: { message: 'refused: Bearer ***: because of ***' },
  });
  expect(await ended(missing)).toMatchObject({
    error: { code: 'SECRET_UNKNOWN', message: expect.stringContaining('"nothing"') },
  });
  const entry = await ended(good);
  expect(entry).toMatchObject({ state: 'succeeded', resultLocation: expect.stringContaining('/results/') });
  expect(entry.result).toBeUndefined();
  const result = await carillon(['runs', 'result', good, '--url', rig.url, '--project', project]);
  expect(result.err).toBe('');
  expect(JSON.parse(result.out)).toMatchObject({ token: '***', read: '***', first: 13, text: 'x'.repeat(300_000) });
  const { items } = await client.runs.logs.query({ project, runId: good });
  expect(items[0]).toMatchObject({ message: 'the token is ***', fields: { encoded: expect.stringContaining('***') } });
  const history = JSON.stringify(await rig.handle('bad').fetchHistory());
  for (const text of [history, JSON.stringify(rig.ledger)]) expect(text).not.toMatch(/open sesame|second-secret/);
});

test('results go where the job wants them, if they may, and the next run finds the last one', async () => {
  const { project, client } = rig;
  const forbidden = start('forbidden', 'cursor', {}, { resultLocation: `${elsewhere}/../objects` });
  await expect(forbidden).rejects.toMatchObject({
    data: { httpStatus: 400, carillon: { code: 'RESULT_LOCATION_FORBIDDEN', field: 'resultLocation' } },
  });
  const first = await start('counting', 'cursor', {}, { resultLocation: `${elsewhere}/counting` });
  const kept = (await ended(first)).resultLocation ?? '';
  expect(fileURLToPath(kept)).toBe(join(folder, 'elsewhere/counting', `${runName(first)}.json`));
  const { runId } = await client.jobs.trigger.mutate({ project, id: 'counting', key: 'second' });
  await ended(runId);
  const part = await client.runs.result.query({ project, runId });
  expect(JSON.parse(part.text)).toMatchObject({ count: 2 });
});

test('the command line waits for a run, and ends as it did', async () => {
  const { project, url } = rig;
  const at = ['--url', url, '--project', project];
  for (const name of ['cli-line', 'cli-progress']) gate(name).open();
  await ended(await start('cli', 'talking', { gate: 'cli' }));
  const waited = await carillon(['jobs', 'run', 'cli', '--wait', ...at]);
  expect(waited).toMatchObject({ code: 0, err: expect.stringMatching(/^run cli@key:.+\nsucceeded in .+\n$/s) });
  expect(waited.out).toMatch(/^\S+Z info {2}began attempt=1\n\S+Z warn {2}went on\n$/);
  const failed = await carillon(['jobs', 'run', 'bad', '--wait', '-o', 'json', ...at]);
  expect(failed).toMatchObject({ code: 5, err: expect.stringContaining('refused: Bearer ***') });
  const lines = failed.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ attempt }) => attempt)).toEqual([1, 2]);
  const shown = await carillon(['runs', 'get', 'cli@key:a/b', ...at]);
  expect(shown.out).toMatch(/^progress +4 of 4\nlog +2 lines: carillon runs logs cli@key:a\/b$/m);
  const followed = await carillon(['runs', 'logs', 'cli@key:a/b', '-f', '--level', 'warn', ...at]);
  expect(followed).toMatchObject({ code: 0, out: expect.stringMatching(/^\S+Z warn {2}went on\n$/) });
  expect(await carillon(['runs', 'logs', 'none@key:x', '-f', ...at])).toMatchObject({
    code: 1,
    err: expect.stringContaining('RUN_NOT_FOUND'),
  });
});

test('old logs are let go, young ones and all else stay', async () => {
  const store = openObjectStore(objectsUrl);
  const before = (await store.list('logs/')).objects;
  expect(before.length).toBeGreaterThan(3);
  const [old] = before;
  const path = fileURLToPath(store.location(old?.key ?? ''));
  const monthAgo = Date.now() / 1000 - 31 * 86_400;
  utimesSync(path, monthAgo, monthAgo);
  // Written long ago, but of a run of today: only a clock that was set back does that.
  expect(await sweepLogs(store, Date.now() - 30 * 86_400_000)).toBe(0);
  const aged = 'logs/2020-01-01/p/job@1/000001-1.ndjson';
  await store.put(aged, '{}\n');
  await store.put('logs/2020-01-01/p/job@1/000002-1.ndjson', '{}\n');
  const agedPath = fileURLToPath(store.location(aged));
  utimesSync(agedPath, monthAgo, monthAgo);
  expect(await sweepLogs(store, Date.now() - 30 * 86_400_000)).toBe(1);
  expect(await store.head(aged)).toBeUndefined();
  expect((await store.list('logs/')).objects).toHaveLength(before.length + 1);
  expect((await store.list('results/')).objects.length).toBeGreaterThan(0);
});
