import { expect, onTestFinished, test } from 'vitest';
import type { LocatedRun } from '../../../src/api/runs/locate.js';
import { type LogFeed, LogFeeds } from '../../../src/api/runs/log-feed.js';
import { readLogPage } from '../../../src/api/runs/log-page.js';
import { readPosition, writePosition } from '../../../src/api/runs/log-text.js';
import { logKey, logPrefix } from '../../../src/objects/layout.js';
import type { ObjectStore } from '../../../src/objects/object-store.js';
import { openObjectStore } from '../../../src/objects/open.js';
import type { RunRow } from '../../../src/store/store.js';
import { ownFolder } from '../activities/folder.js';

const run: LocatedRun = { project: 'p', runId: 'job@1', scheduledAt: '2026-01-01T00:00:00Z' };
const prefix = logPrefix(run);
const never = new AbortController().signal;

function line(message: string, level = 'info') {
  return `${JSON.stringify({ time: '2026-01-01T00:00:00Z', level, message, attempt: 1 })}\n`;
}

/** A store that counts what is asked of it. */
function counting(objects: ObjectStore) {
  const asked = { get: 0, lists: 0, atOnce: 0 };
  const store: ObjectStore = {
    put: (key, body) => objects.put(key, body),
    get(key, from) {
      asked.get += 1;
      return objects.get(key, from);
    },
    head: (key) => objects.head(key),
    async list(within, options) {
      asked.lists += 1;
      asked.atOnce = Math.max(asked.atOnce, asked.lists);
      return objects.list(within, options).finally(() => {
        asked.lists -= 1;
      });
    },
    delete: (keys) => objects.delete(keys),
    location: (key) => objects.location(key),
    close: () => objects.close(),
  };
  return { store, asked };
}

async function* watch(feed: LogFeed, pieces: number): AsyncGenerator<string> {
  const never = new AbortController().signal;
  while (feed.pieces.length < pieces) await feed.changed(feed.version, never);
  for (const piece of feed.pieces) for (const { message } of await feed.lines(piece)) yield message;
}

test('any number of viewers cost one look at the store at a time, and one read of each piece', async () => {
  const { store, asked } = counting(openObjectStore(ownFolder().url));
  await store.put(logKey(prefix, 1, 1), line('one'));
  const feeds = new LogFeeds({ objects: store, runs: { get: async () => undefined }, pollMs: 1 });
  onTestFinished(() => feeds.close());
  const viewers = Array.from({ length: 50 }, async () => {
    const seen: string[] = [];
    for await (const message of feeds.follow(run, (feed) => watch(feed, 2))) seen.push(message);
    return seen;
  });
  await store.put(logKey(prefix, 2, 1), line('two'));
  expect(await Promise.all(viewers)).toEqual(viewers.map(() => ['one', 'two']));
  expect(asked).toMatchObject({ get: 2, atOnce: 1 });
});

test('a feed waits for the lines that the ledger says there are', async () => {
  const objects = openObjectStore(ownFolder().url);
  const row = { state: 'succeeded', recordedAt: 'x', log: { lines: 1, bytes: 1, chunks: 1 } } as RunRow;
  const feeds = new LogFeeds({ objects, runs: { get: async () => row }, pollMs: 1 });
  onTestFinished(() => feeds.close());
  async function* untilComplete(feed: LogFeed) {
    while (!feed.row) await feed.changed(feed.version, never);
    yield feed.complete;
    await objects.put(logKey(prefix, 1, 1), line('late'));
    while (!feed.complete) await feed.changed(feed.version, never);
    yield feed.pieces;
  }
  const seen: unknown[] = [];
  for await (const one of feeds.follow(run, untilComplete)) seen.push(one);
  expect(seen).toEqual([false, ['000001-1.ndjson']]);
});

test('who follows is sent away when the API ends, and told when the store does not answer', async () => {
  const objects = openObjectStore(ownFolder().url);
  const feeds = new LogFeeds({ objects, runs: { get: async () => undefined }, pollMs: 1 });
  const view = feeds.follow(run, (feed) => watch(feed, 1)).next();
  feeds.close();
  await expect(view).rejects.toMatchObject({ code: 'API_UNREACHABLE' });
  await expect(feeds.follow(run, (feed) => watch(feed, 1)).next()).rejects.toMatchObject({ code: 'API_UNREACHABLE' });
  const broken = { ...counting(objects).store, list: () => Promise.reject(new Error('away')) };
  const others = new LogFeeds({ objects: broken, runs: { get: async () => undefined }, pollMs: 1 });
  onTestFinished(() => others.close());
  await expect(others.follow(run, (feed) => watch(feed, 1)).next()).rejects.toThrow('away');
});

test('pages begin where the last one ended, in whichever piece', async () => {
  const objects = openObjectStore(ownFolder().url);
  for (let piece = 1; piece <= 3; piece++) {
    const lines = [1, 2, 3, 4].map((count) => line(`${piece}.${count}`, count % 2 ? 'debug' : 'warn'));
    await objects.put(logKey(prefix, piece, piece), lines.join(''));
  }
  const read = async (limit: number, level?: 'warn') => {
    const messages: string[] = [];
    for (let position: Parameters<typeof readLogPage>[2]['position']; ; ) {
      const page = await readLogPage(objects, prefix, { position, limit, level });
      messages.push(...page.lines.map(({ message }) => message));
      expect(page.lines.length).toBeLessThanOrEqual(limit);
      if (!page.more) return messages;
      position = readPosition(writePosition(page.position as NonNullable<typeof page.position>));
    }
  };
  const all = [1, 2, 3].flatMap((piece) => [1, 2, 3, 4].map((count) => `${piece}.${count}`));
  for (const limit of [1, 2, 3, 4, 5, 12, 100]) {
    expect(await read(limit)).toEqual(all);
    expect(await read(limit, 'warn')).toEqual(all.filter((name) => /[24]$/.test(name)));
  }
  for (const text of ['', 'x', '../../a:1', '000001-1.ndjson', undefined]) expect(readPosition(text)).toBeUndefined();
});
