import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { RunLog, type RunLogOptions } from '../../../src/activities/logs/run-log.js';
import { Mask } from '../../../src/activities/secrets/mask.js';
import type { LogLine } from '../../../src/core/run-log.js';
import type { ObjectStore } from '../../../src/objects/object-store.js';
import { openObjectStore } from '../../../src/objects/open.js';
import { ownFolder } from './folder.js';

const prefix = 'logs/2026-01-01/p/job@1/';

function open(options: Partial<RunLogOptions> = {}) {
  const objects = options.objects ?? openObjectStore(ownFolder().url);
  const trouble: string[] = [];
  const log = new RunLog({
    ...{ objects, prefix, attempt: 1, resumes: false, mask: new Mask(), now: () => 0 },
    onTrouble: (message) => trouble.push(message),
    ...options,
  });
  return { log, objects, trouble };
}

async function read(objects: ObjectStore): Promise<{ keys: string[]; lines: LogLine[] }> {
  const keys = (await objects.list(prefix)).objects.map(({ key }) => key.slice(prefix.length));
  const texts = await Promise.all(keys.map(async (key) => text(await objects.get(prefix + key))));
  return {
    keys,
    lines: texts.flatMap((one) =>
      one
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
    ),
  };
}

/** A store whose writes the test lets through, or fails, by hand. */
function handStore(objects: ObjectStore) {
  const puts: { key: string; through: () => void; fail: () => void }[] = [];
  const listeners: (() => void)[] = [];
  const store: ObjectStore = {
    async put(key, body) {
      await new Promise<void>((through, reject) => {
        puts.push({ key, through, fail: () => reject(new Error('the store is away')) });
        for (const told of listeners.splice(0)) told();
      });
      await objects.put(key, body);
    },
    get: (key, from) => objects.get(key, from),
    head: (key) => objects.head(key),
    list: (within, options) => objects.list(within, options),
    delete: (keys) => objects.delete(keys),
    location: (key) => objects.location(key),
    close: () => objects.close(),
  };
  const putBegun = () => new Promise<void>((told) => listeners.push(told));
  return { store, puts, putBegun };
}

test('a log without lines leaves nothing', async () => {
  const { log, objects } = open();
  expect(await log.close(60_000)).toBeUndefined();
  expect((await objects.list('')).objects).toEqual([]);
});

test('lines are kept as they were said, without secrets', async () => {
  const mask = new Mask();
  mask.add('sesame');
  const { log, objects } = open({ mask });
  log.write('info', 'open sesame\nand "more"', { sesame: ['sesame', 1], at: new Date(0) });
  log.write('error', '\ud800 \u0000 é', { big: 1n });
  log.write('debug', 'x'.repeat(100_000), { large: 'y'.repeat(100_000) });
  const summary = await log.close(60_000);
  const { keys, lines } = await read(objects);
  const time = '1970-01-01T00:00:00.000Z';
  expect(keys).toEqual(['000001-1.ndjson']);
  expect(lines[0]).toEqual({
    ...{ time, level: 'info', message: 'open ***\nand "more"', attempt: 1 },
    fields: { '***': ['***', 1], at: time },
  });
  expect(lines[1]).toMatchObject({
    message: '\ud800 \u0000 é',
    fields: { omitted: expect.stringContaining('BigInt') },
  });
  expect(lines[2]?.message).toMatch(/^x{16384}… \(100000 characters\)$/);
  expect(lines[2]?.fields).toEqual({ omitted: '100012 characters, the limit is 32768' });
  expect(summary).toEqual({ lines: 3, chunks: 1, bytes: (await objects.head(`${prefix}000001-1.ndjson`))?.bytes });
  log.write('info', 'too late');
  expect((await read(objects)).lines).toHaveLength(3);
});

test('lines are in the store while the attempt runs', async () => {
  const { store, puts, putBegun } = handStore(openObjectStore(ownFolder().url));
  const { log } = open({ objects: store });
  const begun = putBegun();
  log.write('info', 'first');
  await begun;
  expect(puts.map(({ key }) => key)).toEqual([`${prefix}000001-1.ndjson`]);
  log.write('info', 'second');
  const closing = log.close(60_000);
  const second = putBegun();
  puts[0]?.through();
  await second;
  puts[1]?.through();
  expect(await closing).toMatchObject({ lines: 2, chunks: 2 });
  expect((await read(store)).lines.map(({ message }) => message)).toEqual(['first', 'second']);
});

test('a slow store costs lines, and the log says how many', async () => {
  const { store, puts, putBegun } = handStore(openObjectStore(ownFolder().url));
  const { log } = open({ objects: store, limits: { queueBytes: 10_000, chunkBytes: 1000 } });
  const begun = putBegun();
  for (let count = 0; count < 1000; count++) log.write('info', `line ${count} ${'x'.repeat(100)}`);
  await begun;
  const closing = log.close(60_000);
  const second = putBegun();
  puts[0]?.through();
  await second;
  puts[1]?.through();
  const summary = await closing;
  const { lines } = await read(store);
  expect(summary).toMatchObject({ lines: lines.length, truncated: true });
  const dropped = 1000 - (lines.length - 1);
  expect(dropped).toBeGreaterThan(900);
  expect(lines.at(-1)).toMatchObject({ level: 'warn', fields: { mark: 'log.dropped', lines: dropped } });
});

test('a run waits no longer for a store than it may', async () => {
  const { store, puts, putBegun } = handStore(openObjectStore(ownFolder().url));
  const { log } = open({ objects: store });
  log.write('info', 'late');
  const begun = putBegun();
  expect(await log.close(0)).toMatchObject({ lines: 1, chunks: 1 });
  await begun;
  puts[0]?.through();
  await log.settled;
  expect((await read(store)).lines).toHaveLength(1);
});

test('a store that is away for a moment loses nothing', async () => {
  const { store, puts, putBegun } = handStore(openObjectStore(ownFolder().url));
  const { log, trouble } = open({ objects: store, limits: { flushMs: 1 } });
  const begun = putBegun();
  log.write('info', 'first');
  await begun;
  const again = putBegun();
  puts[0]?.fail();
  await again;
  log.write('info', 'second');
  const closing = log.close(60_000);
  const last = putBegun();
  puts[1]?.through();
  await last;
  puts[2]?.through();
  expect(await closing).toMatchObject({ lines: 2, chunks: 2 });
  expect(trouble).toHaveLength(1);
});

test('a store that stays away costs the log, not the run', async () => {
  const { path, url } = ownFolder();
  writeFileSync(join(path, 'file'), '');
  const objects = openObjectStore(`${url}/file/below`);
  const { log, trouble } = open({ objects, limits: { persistMs: 0 } });
  log.write('info', 'lost');
  expect(await log.close(60_000)).toBeUndefined();
  expect(trouble.at(-1)).toMatch(/^1 lines of the log .* are lost/);
});

test('a log is cut at its bound, over all attempts, and says so', async () => {
  const objects = openObjectStore(ownFolder().url);
  const limits = { runBytes: 5000 };
  const { log: first } = open({ objects, limits });
  for (let count = 0; count < 20; count++) first.write('info', 'x'.repeat(40));
  const before = await first.close(60_000);
  expect(before).toMatchObject({ lines: 20, chunks: 1 });
  const { log: second } = open({ objects, limits, attempt: 2, resumes: true });
  for (let count = 0; count < 100; count++) second.write('info', 'y'.repeat(40));
  const after = await second.close(60_000);
  const { keys, lines } = await read(objects);
  expect(keys).toEqual(['000001-1.ndjson', '000002-2.ndjson']);
  expect(lines.at(-1)).toMatchObject({ level: 'warn', attempt: 2, fields: { mark: 'log.cut' } });
  expect(after).toMatchObject({ lines: lines.length, chunks: 2, truncated: true });
  const { log: third } = open({ objects, limits, attempt: 3, resumes: true });
  third.write('info', 'z'.repeat(5000));
  expect(await third.close(60_000)).toMatchObject({ truncated: true });
});

test('a gigabyte of lines stays within the bounds', async () => {
  const { log, objects } = open({ limits: { runBytes: 200_000, queueBytes: 100_000 } });
  const line = 'x'.repeat(1000);
  for (let count = 0; count < 1_000_000; count++) {
    log.write('info', line);
    if (count % 100_000 === 0) await new Promise(setImmediate);
  }
  const summary = await log.close(60_000);
  expect(summary?.truncated).toBe(true);
  expect(summary?.bytes).toBeLessThan(210_000);
  expect((await read(objects)).lines).toHaveLength(summary?.lines ?? 0);
});
