import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { expect, it } from 'vitest';
import { ChangeFeeds } from '../../src/api/events/change-feed.js';
import { followEvents } from '../../src/api/events/follow.js';
import { createStore } from '../../src/store/store.js';
import { describeStore, patient, type TestDatabase } from './conformance.js';
import { entry, snapshot } from './sample.js';

const server = process.env.CARILLON_TEST_POSTGRES_URL;
if (!server) {
  throw new Error(
    'Expected `CARILLON_TEST_POSTGRES_URL` to be the address of a PostgreSQL server, got nothing. ' +
      'Run this file by scripts/with-postgres.sh, which starts a throw-away one.',
  );
}

async function administer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  await client.query(statement);
  await client.end();
}

/** A new database on the server. */
async function openDatabase(): Promise<TestDatabase> {
  const name = `carillon_${randomBytes(6).toString('hex')}`;
  await administer(`create database ${name}`);
  const url = new URL(server as string);
  url.pathname = `/${name}`;
  return { url: url.href, [Symbol.asyncDispose]: () => administer(`drop database ${name} with (force)`) };
}

describeStore('store on PostgreSQL', openDatabase);

it('replaces connections that the server has ended', async () => {
  await using database = await openDatabase();
  const name = new URL(database.url).pathname.slice(1);
  const store = createStore({ url: database.url, ...patient });
  await Promise.all([store.ping(), store.ping(), store.ping()]);
  await administer(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
  await expect.poll(() => store.ping().then(() => 'answers')).toBe('answers');
  await store.close();
});

it('gives up on a statement that the server cannot finish in time', async () => {
  await using database = await openDatabase();
  const store = createStore({ url: database.url, timeoutMs: 1500 });
  await store.migrate();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query('begin; lock table jobs');
  await expect(store.jobs.ids()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  await client.query('commit');
  expect(await store.jobs.ids()).toEqual([]);
  await client.end();
  await store.close();
});

it('tells a change whose transaction began first and ended last', async () => {
  await using database = await openDatabase();
  const store = createStore({ url: database.url, ...patient });
  await store.migrate();
  await store.write([{ snapshot: snapshot('default', 'a'), entries: [entry('a@1', { state: 'running' })] }]);
  const feeds = new ChangeFeeds({ changes: store.changes, log: () => {}, pollMs: 20 });
  const options = { feeds, changes: store.changes, now: Date.now };
  const events = followEvents(options, { project: 'default', kinds: ['run'] }, new AbortController().signal);
  const next = async () => (await events.next()).value as unknown as [id: string, { runId?: string; at: string }];
  const first = await next();

  const slow = new pg.Client({ connectionString: database.url });
  await slow.connect();
  await slow.query(`begin; update runs set state = 'succeeded', recorded_at = now() where run_id = 'a@1'`);
  await store.write([{ snapshot: snapshot('default', 'b'), entries: [entry('b@1')] }]);
  const young = await next();
  await slow.query('commit');
  const late = await next();
  expect([young[1].runId, late[1].runId]).toEqual(['b@1', 'a@1']);
  expect(Date.parse(late[1].at)).toBeLessThan(Date.parse(young[1].at));

  // Whoever was cut off between the two gets the late one, and no other.
  await events.return(undefined);
  for (const [lastEventId, runs] of [
    [first[0], ['a@1', 'b@1']],
    [young[0], ['a@1']],
    [late[0], []],
  ] as const) {
    const again = followEvents(
      options,
      { project: 'default', kinds: ['run'], lastEventId },
      new AbortController().signal,
    );
    const told: string[] = [];
    for await (const event of again) {
      const { runId } = (event as unknown as [string, { runId?: string }])[1];
      if (runId === undefined) break;
      told.push(runId);
    }
    expect(told).toEqual(runs);
  }
  await slow.end();
  await store.close();
});
