import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { expect, it } from 'vitest';
import { createStore } from '../../src/store/store.js';
import { describeStore, patient, type TestDatabase } from './conformance.js';

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
  const store = createStore({ url: database.url, timeoutMs: 500 });
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
