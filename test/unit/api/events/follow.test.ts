import { expect, onTestFinished, test } from 'vitest';
import { ChangeFeeds } from '../../../../src/api/events/change-feed.js';
import { type FollowOptions, followEvents } from '../../../../src/api/events/follow.js';
import type { FollowEventsInput } from '../../../../src/api/events/views.js';
import { WrittenChanges } from './written-changes.js';

const pollMs = 2;

function open(options: Partial<FollowOptions> & { kept?: number } = {}) {
  const changes = new WrittenChanges();
  const log: string[] = [];
  const feeds = new ChangeFeeds({ changes, log: (level) => log.push(level), pollMs, kept: options.kept });
  onTestFinished(() => feeds.close());
  return { changes, log, feeds, follow: viewer({ feeds, changes, now: () => 0, ...options }) };
}

/** Follows, once the first event has come: what is written after that must be told. */
function viewer(options: FollowOptions) {
  return async (request: Partial<FollowEventsInput> = {}, signal = new AbortController().signal) => {
    const events = followEvents(options, { project: 'default', ...request }, signal);
    const take = async () => {
      const { value, done } = await events.next();
      if (done) throw new Error('Expected an event, got the end.');
      const [id, event] = value as unknown as [string, { kind: string; runId?: string; jobId?: string; at: string }];
      return { id, event, name: event.runId ?? event.jobId ?? event.kind };
    };
    const first = request.lastEventId ? undefined : await take();
    const names = async (count: number) => {
      const all = [];
      while (all.length < count) all.push((await take()).name);
      return all;
    };
    return { first, take, names, end: () => events.return(undefined) };
  };
}

test('what was there before is not told, what comes is, in the order of time', async () => {
  const { changes, follow } = open();
  changes.run('before@1');
  const { first, names } = await follow();
  expect(first?.event).toEqual({ kind: 'position', at: '2026-11-21T09:00:00.000Z' });
  changes.run('b@1');
  changes.job('a', 2);
  changes.clock += 10;
  changes.run('a@1');
  expect(await names(3)).toEqual(['a', 'b@1', 'a@1']);
});

test('a change that becomes visible later than younger ones is told', async () => {
  const { changes, follow } = open();
  const { names } = await follow();
  changes.clock += 60_000;
  changes.run('young@1');
  expect(await names(1)).toEqual(['young@1']);
  changes.run('late@1', { agoMs: 4900 });
  expect(await names(1)).toEqual(['late@1']);
});

test('an event tells what the state was before', async () => {
  const { changes, follow } = open();
  const { take } = await follow();
  changes.run('a@1', { state: 'running' });
  expect((await take()).event).not.toHaveProperty('before');
  changes.clock += 1;
  changes.run('a@1');
  expect((await take()).event).toMatchObject({ before: 'running', state: 'succeeded' });
});

test.each<[Partial<FollowEventsInput>, string[]]>([
  [{}, ['a', 'a@1', 'b@1', 'a@2']],
  [{ jobId: 'a' }, ['a', 'a@1', 'a@2']],
  [{ kinds: ['run'] }, ['a@1', 'b@1', 'a@2']],
  [{ kinds: ['run', 'job'], states: ['failed', 'scheduled'] }, ['a', 'b@1', 'a@2']],
  [{ project: 'other' }, ['a@2']],
])('%j chooses %j', async (filter, expected) => {
  const { changes, follow } = open();
  const { names } = await follow(filter);
  changes.job('a', 2);
  changes.run('a@1');
  changes.run('b@1', { state: 'failed' });
  changes.clock += 1000;
  changes.run('a@2', { state: 'failed', project: filter.project });
  expect(await names(expected.length)).toEqual(expected);
});

test('from any id on, what came after it is told once, by another process too', async () => {
  const { changes, follow, feeds } = open();
  const { first, take, end } = await follow();
  const ids = [first?.id as string];
  for (const run of ['a@1', 'a@2', 'a@3', 'a@4', 'a@5']) {
    changes.clock += 700;
    // Every second one is late.
    changes.run(run, { agoMs: ids.length % 2 === 0 ? 1500 : 0 });
    ids.push((await take()).id);
  }
  await end();
  feeds.close();
  changes.clock += 100;
  changes.run('missed@1', { agoMs: 2000 });
  const others = new ChangeFeeds({ changes, log: () => {}, pollMs });
  onTestFinished(() => others.close());
  const follow2 = viewer({ feeds: others, changes, now: () => 0 });
  const rest = ['a@1', 'a@2', 'a@3', 'a@4', 'a@5', 'missed@1'];
  for (const [number, lastEventId] of ids.entries()) {
    const viewer = await follow2({ lastEventId });
    const told = await viewer.names(rest.length - number + 1);
    expect(told.sort()).toEqual([...rest.slice(number), 'position'].sort());
    await viewer.end();
  }
});

test('who resumes and whom the feed tells the same gets it once', async () => {
  const { changes, follow } = open();
  const { first, names, end } = await follow();
  changes.run('a@1');
  const again = await follow({ lastEventId: first?.id });
  const told = again.names(3);
  expect(await names(1)).toEqual(['a@1']);
  changes.clock += 1;
  changes.run('a@2');
  expect((await told).sort()).toEqual(['a@1', 'a@2', 'position']);
  await end();
});

test('200 viewers cost no more statements than one', async () => {
  const { changes, follow } = open();
  const viewers = await Promise.all(Array.from({ length: 200 }, () => follow()));
  // The time, and what is young at the beginning; then one for each look.
  expect(changes.asked).toBeLessThan(10);
  const before = changes.asked;
  changes.run('a@1');
  expect(await Promise.all(viewers.map(({ names }) => names(1)))).toEqual(viewers.map(() => ['a@1']));
  expect(changes.asked - before).toBeLessThan(20);
  await Promise.all(viewers.map(({ end }) => end()));
  await new Promise((resolve) => setTimeout(resolve, 5 * pollMs));
  const after = changes.asked;
  await new Promise((resolve) => setTimeout(resolve, 10 * pollMs));
  expect(changes.asked, 'nobody looks').toBe(after);
});

test('who takes too slowly is sent away, and loses nothing by coming back', async () => {
  const { changes, follow } = open({ kept: 3 });
  const slow = await follow();
  const quick = await follow();
  const runs = ['a@1', 'a@2', 'a@3', 'a@4', 'a@5'];
  for (const run of runs) {
    changes.clock += 1;
    changes.run(run);
    expect(await quick.names(1)).toEqual([run]);
  }
  await expect(slow.take()).rejects.toMatchObject({ code: 'API_UNREACHABLE' });
  expect(await (await follow({ lastEventId: slow.first?.id })).names(5)).toEqual(runs);
});

test('an outage of the database delays events and loses none', async () => {
  const { changes, follow, log } = open();
  const { names } = await follow();
  changes.away = true;
  changes.run('a@1');
  const told = names(1);
  await expect.poll(() => log).toEqual(['warn']);
  changes.away = false;
  expect(await told).toEqual(['a@1']);
  changes.away = true;
  await expect.poll(() => log).toEqual(['warn', 'warn']);
});

test('a viewer without events gets a newer position now and then', async () => {
  let time = 0;
  const { changes, follow } = open({ now: () => time });
  const { first, take } = await follow({ jobId: 'quiet' });
  const next = take();
  time += 29_000;
  changes.run('a@1');
  await new Promise((resolve) => setTimeout(resolve, 10 * pollMs));
  time += 2000;
  changes.clock += 31_000;
  changes.run('a@2');
  const { id, event } = await next;
  expect(event).toEqual({ kind: 'position', at: '2026-11-21T09:00:31.000Z' });
  expect(id).not.toBe(first?.id);
});

test('who follows for long is asked again who they are', async () => {
  const { follow } = open({ lifeMs: 20 });
  const { take } = await follow();
  await expect(take()).rejects.toMatchObject({ code: 'API_UNREACHABLE' });
});

test.each([
  'é',
  'x',
  '!',
  'AAAA',
  'A'.repeat(900),
  Buffer.of(1, 255, 255, 255, 255, 255, 255).toString('base64url'),
  'nonsense',
])('an id that no event had is refused: %#', async (lastEventId) => {
  const { follow } = open();
  const { take } = await follow({ lastEventId });
  await expect(take()).rejects.toMatchObject({ code: 'CURSOR_INVALID', details: { field: 'lastEventId' } });
});

test('who is too far behind is told to list anew', async () => {
  const { changes, follow } = open();
  const { first, end } = await follow();
  await end();
  const page = Array.from({ length: 1000 }, () => ({
    ...{ kind: 'job', project: 'other', jobId: 'a', state: 'scheduled', revision: 1, at: '2026-11-21T09:00:00Z' },
  })) as Awaited<ReturnType<WrittenChanges['since']>>['items'];
  const key = { at: '', kind: 'job', project: '', id: '' } as const;
  const busy = { now: () => changes.now(), since: async () => ({ items: page, next: key }) };
  const feeds = new ChangeFeeds({ changes, log: () => {}, pollMs });
  onTestFinished(() => feeds.close());
  const viewerOfBusy = await viewer({ feeds, changes: busy, now: () => 0 })({ lastEventId: first?.id });
  await expect(viewerOfBusy.take()).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
});
