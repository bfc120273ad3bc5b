import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { makeAttempt } from '../../src/activities/attempt.js';
import { createServices } from '../../src/activities/services/services.js';
import { etlTask } from '../../src/activities/tasks/etl/etl.js';
import { expireTask } from '../../src/activities/tasks/expire/expire.js';
import { sqlTask } from '../../src/activities/tasks/sql/sql.js';
import type { TaskContext } from '../../src/core/task/context.js';
import type { TaskDatabase } from '../../src/core/task/services.js';
import type { AnyTask } from '../../src/core/task/task.js';
import { type ContextOptions, testContext } from '../../src/kit/task-run.js';
import { oddStrings } from '../unit/activities/databases/strings.js';
import { useFolder } from '../unit/activities/tasks/folder-files.js';

const server = process.env.CARILLON_TEST_POSTGRES_URL;
if (!server) {
  throw new Error(
    'Expected `CARILLON_TEST_POSTGRES_URL` to be the address of a PostgreSQL server, got nothing. ' +
      'Run this file by scripts/with-postgres.sh, which starts a throw-away one.',
  );
}

const main = { connection: 'main' };

async function administer(statement: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    return await client.query(statement);
  } finally {
    await client.end();
  }
}

/** A database of its own, and tasks that know it as `main`. */
async function useDatabase() {
  const name = `carillon_${randomBytes(6).toString('hex')}`;
  await administer(`create database ${name}`);
  const url = new URL(server as string);
  url.pathname = `/${name}`;
  const { folder, files } = useFolder();
  const services = { ...createServices({ databases: { main: { url: url.href } } }), files };
  onTestFinished(async () => {
    await services.close();
    await administer(`drop database ${name} with (force)`);
  });
  const database = await services.database('main');
  const run = (
    task: AnyTask,
    input: Record<string, unknown>,
    options: ContextOptions = {},
    change?: (context: TaskContext) => void,
  ) => {
    const { context, trace } = testContext({ services, ...options });
    change?.(context);
    return { trace, result: (async () => task.run(context, task.input.parse({ ...main, ...input })))() };
  };
  /** Statements that run there now, these questions aside. */
  const busy = async () =>
    (
      await administer(
        `select query from pg_stat_activity where datname = '${name}' and state <> 'idle' and query !~ 'pg_stat_activity'`,
      )
    ).rows.length;
  return { name, database, services, folder, run, busy };
}

async function all(database: TaskDatabase, sql: string) {
  return (await database.query(sql)).rows;
}

test('values come out exact, and go back in as they came', async () => {
  const { database } = await useDatabase();
  await database.query(
    `create table t (id int primary key, big bigint, exact numeric, at timestamptz, wall timestamp, day date, ok bool,
     f float8, raw bytea, doc jsonb, list int[], span interval, words text)`,
  );
  await database.query(
    `insert into t values (1, 9223372036854775807, 0.10000000000000000001, '2026-11-21 09:00:00.123456+00',
     '2026-11-21 09:00:00.5', '2026-11-21', true, 0.1, '\\x00ff', '[1, {"a": "b"}]', '{1,2}', '1 day 2 hours', 'w')`,
  );
  const [row] = await all(database, 'select * from t');
  expect(row).toMatchObject({
    big: '9223372036854775807',
    exact: '0.10000000000000000001',
    at: '2026-11-21T09:00:00.123456Z',
    wall: '2026-11-21T09:00:00.5',
    day: '2026-11-21',
    raw: Buffer.from([0, 255]),
    doc: [1, { a: 'b' }],
    list: [1, 2],
    span: '1 day 02:00:00',
  });
  await database.query('create table copy (like t including all)');
  for await (const streamed of database.stream('select * from t')) {
    const marks = Object.keys(streamed).map((_, index) => `$${index + 1}`);
    await database.query(`insert into copy values (${marks.join(', ')})`, Object.values(streamed));
  }
  expect(await all(database, 'select * from t except select * from copy')).toEqual([]);
});

test('sql: every text is bound as it is; NUL and half a pair are refused with their path', async () => {
  const { run } = await useDatabase();
  const statements = [
    { sql: 'create table t (n int, v text)' },
    ...oddStrings.slice(0, 90).map((text, n) => ({ sql: 'insert into t values ($1, $2)', parameters: [n, text] })),
    { sql: 'select v from t order by n' },
  ];
  const { statements: results } = (await run(sqlTask, { statements }).result) as {
    statements: { rows: { v: string }[] }[];
  };
  expect(results.at(-1)?.rows.map(({ v }) => v)).toEqual(oddStrings.slice(0, 90));
  for (const value of ['a\0b', '\udc00']) {
    const refused = run(sqlTask, { sql: 'select $1::text', parameters: [value] });
    await expect(refused.result).rejects.toMatchObject({
      code: 'SQL_PARAMETER_INVALID',
      details: { field: 'input.parameters.0' },
    });
  }
  await expect(run(sqlTask, { sql: 'select 1; select 2' }).result).rejects.toMatchObject({ code: 'SQL_FAILED' });
  await expect(run(sqlTask, { sql: 'select $1::int', parameters: ['x'] }).result).rejects.toMatchObject({
    code: 'SQL_FAILED',
    details: { field: 'input.sql' },
    message: expect.stringContaining('22P02'),
  });
});

test('sql: rows are bounded without reading the others; changes are counted', async () => {
  const { run } = await useDatabase();
  const many = run(sqlTask, { sql: 'select generate_series(1, 100000000) as n', maxRows: 2 });
  expect(await many.result).toEqual({ statements: [{ rowCount: 2, rows: [{ n: 1 }, { n: 2 }], more: true }] });
  const statements = [
    { sql: 'create table t (n int)' },
    { sql: 'insert into t select generate_series(1, 50)' },
    { sql: 'delete from t where n > 40 returning n' },
    { sql: 'update t set n = n + 1' },
  ];
  expect(await run(sqlTask, { statements, maxRows: 3 }).result).toMatchObject({
    statements: [{}, { rowCount: 50, rows: [] }, { rows: [{ n: 41 }, {}, {}], more: true }, { rowCount: 40 }],
  });
  expect(await run(sqlTask, { sql: 'select count(*) as n from t' }).result).toMatchObject({
    statements: [{ rows: [{ n: 40 }] }],
  });
});

test('sql: cancel and timeout end the statement in the server, and nothing of the transaction stays', async () => {
  const { database, services, run, busy } = await useDatabase();
  await database.query('create table t (n int)');
  const statements = [{ sql: 'insert into t values (1)' }, { sql: 'select pg_sleep(600)' }];
  const abort = new AbortController();
  const running = run(sqlTask, { statements }, { signal: abort.signal }, (context) => {
    context.progress = () => abort.abort(new Error('cancelled'));
  });
  await expect(running.result).rejects.toThrow('cancelled');
  const sleeping = new AbortController();
  const asleep = run(sqlTask, { sql: 'select pg_sleep(600)' }, { signal: sleeping.signal });
  await expect.poll(busy).toBe(1);
  sleeping.abort(new Error('cancelled'));
  await expect(asleep.result).rejects.toThrow('cancelled');
  await expect.poll(busy).toBe(0);
  await expect(run(sqlTask, { statements, statementTimeout: '50ms' }).result).rejects.toMatchObject({
    code: 'SQL_TIMEOUT',
  });
  const outcome = await makeAttempt({
    task: sqlTask,
    input: { ...main, statements },
    context: testContext({ services }).context,
    timeoutMs: 200,
    graceMs: 60_000,
    cancellation: new AbortController().signal,
    interrupted: () => false,
  });
  expect(outcome).toMatchObject({ state: 'timed_out', error: { code: 'TIMEOUT_ATTEMPT' } });
  expect(await busy()).toBe(0);
  expect(await all(database, 'select * from t')).toEqual([]);
});

test('sql: the server ends the connection in mid-run; the next attempt does all of it once', async () => {
  const { name, database, run, busy } = await useDatabase();
  await database.query('create table t (id text primary key)');
  const statements = [
    { sql: 'insert into t values ($1)', parameters: [{ run: 'id' }] },
    { sql: 'select pg_sleep($1)', parameters: [600] },
  ];
  const first = run(sqlTask, { statements });
  first.result.catch(() => {});
  await expect.poll(busy).toBe(1);
  await administer(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
  await expect(first.result).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  const parameters = [0];
  const again = [statements[0], { ...statements[1], parameters }];
  await run(sqlTask, { statements: again }, { attempt: 2 }).result;
  expect(await all(database, 'select id from t')).toEqual([{ id: 'job@2026-01-01T00:00:00Z' }]);
});

test('expire: chunks, oldest first; a row renewed meanwhile stays; partitions by key', async () => {
  const { database, run } = await useDatabase();
  await database.query('create table "Odd ""T" (id int primary key, at timestamptz)');
  await database.query(
    `insert into "Odd ""T" select n, timestamptz '2026-01-01' - n * interval '1 day' from generate_series(1, 100) n`,
  );
  const rule = { table: 'public.Odd "T', column: 'at', olderThan: 'P1M' };
  const some = run(expireTask, { ...rule, chunk: 20, maxChunks: 1 });
  expect(await some.result).toMatchObject({ deleted: 20, complete: false, cutoff: '2025-12-01T00:00:00.000Z' });
  expect(await all(database, 'select max(id) as id from "Odd ""T"')).toEqual([{ id: 80 }]);
  // The row is renewed by a transaction that the delete has to wait for.
  const renewing = database.transaction(async (inside) => {
    await inside.query(`update "Odd ""T" set at = '2026-01-01' where id = 80`);
    const deleting = run(expireTask, { ...rule, chunk: 20 }).result;
    deleting.catch(() => {});
    const waiting =
      "select count(*) as n from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
    await expect.poll(async () => (await all(database, waiting))[0]?.n).toBe(1);
    return { deleting };
  });
  expect(await (await renewing).deleting).toMatchObject({ deleted: 48, complete: true });
  expect((await all(database, 'select id from "Odd ""T" where id > 31')).map(({ id }) => id)).toEqual([80]);
  await database.query('create table p (id int, at date, primary key (id, at)) partition by range (at)');
  await database.query("create table p1 partition of p for values from ('2025-01-01') to ('2025-07-01')");
  await database.query("create table p2 partition of p for values from ('2025-07-01') to ('2026-07-01')");
  await database.query("insert into p select n, date '2025-12-31' - n from generate_series(0, 299) n");
  const partitioned = { table: 'p', column: 'at', olderThan: '100d', key: ['id', 'at'], chunk: 70 };
  expect(await run(expireTask, { ...partitioned, dryRun: true }).result).toMatchObject({ wouldDelete: 200 });
  expect(await run(expireTask, partitioned).result).toMatchObject({ deleted: 200, complete: true });
});

test('expire: cancelled in mid-run, whole chunks are gone; the next attempt takes the rest', async () => {
  const { database, run } = await useDatabase();
  await database.query('create table t (id int, at bigint)');
  await database.query('insert into t select n, n from generate_series(1, 1000) n');
  const rule = { table: 't', column: 'at', columnType: 'epochSeconds', olderThan: '1d', chunk: 100 };
  const abort = new AbortController();
  const first = run(expireTask, rule, { signal: abort.signal }, (context) => {
    context.progress = (done) => {
      if (done === 300) abort.abort(new Error('cancelled'));
    };
  });
  await expect(first.result).rejects.toThrow('cancelled');
  expect(await all(database, 'select count(*) as n from t')).toEqual([{ n: 700 }]);
  const heartbeatDetails = first.trace.heartbeats.at(-1);
  expect(await run(expireTask, rule, { attempt: 2, heartbeatDetails }).result).toMatchObject({
    deleted: 1000,
    chunks: 10,
  });
});

const columns = ['id', 'name', 'at', 'doc'];

async function useTables(rows: number) {
  const used = await useDatabase();
  for (const table of ['a', 'b']) {
    await used.database.query(`create table ${table} (id bigint primary key, name text, at timestamptz, doc jsonb)`);
  }
  await used.database.query(
    `insert into a select n, 'name ' || n, timestamptz '2026-01-01' + n * interval '1 millisecond 1 microsecond',
     jsonb_build_object('n', n, 'list', jsonb_build_array(n)) from generate_series(1, $1::int) n`,
    [rows],
  );
  return { ...used, differences: () => all(used.database, 'select * from a except select * from b') };
}

const copy = {
  connection: undefined,
  source: { ...main, query: `select ${columns.join(', ')} from a`, cursor: { column: 'at' } },
  target: { ...main, table: 'b', key: 'id' },
};
const etl = Object.fromEntries(Object.entries(copy).filter(([name]) => name !== 'connection'));
const etlOnly = { ...etlTask, input: etlTask.input } as AnyTask;

test('etl: 50,000 rows, JSON and microseconds included; broken off and resumed, none is missing and none is twice', async () => {
  const { database, services, differences } = await useTables(50_000);
  const abort = new AbortController();
  const { context, trace } = testContext({ services, signal: abort.signal });
  context.progress = (done) => {
    if (done === 20_000) abort.abort(new Error('cancelled'));
  };
  await expect(etlOnly.run(context, etlTask.input.parse(etl))).rejects.toThrow('cancelled');
  expect(await all(database, 'select count(*) as n from b')).toEqual([{ n: 20_000 }]);
  const next = testContext({ services, attempt: 2, heartbeatDetails: trace.heartbeats.at(-1) }).context;
  const result = (await etlOnly.run(next, etlTask.input.parse(etl))) as { cursor: string; read: number };
  expect(result.cursor).toBe('2026-01-01T00:00:50.05Z');
  expect(result.read).toBeLessThan(50_010);
  expect(await differences()).toEqual([]);
  // The next run reads what came after: the microseconds of the cursor count.
  await database.query(`insert into a values (60000, 'new', '2026-01-01 00:00:50.050001Z', 'null')`);
  const at = new Date();
  const lastSuccess = { runId: 'r', scheduledAt: at, finishedAt: at, result };
  const third = await etlOnly.run(testContext({ services, lastSuccess }).context, etlTask.input.parse(etl));
  expect(third).toMatchObject({ read: 1, written: 1, cursor: '2026-01-01T00:00:50.050001Z' });
  expect(await differences()).toEqual([]);
});

test('etl: a failing batch fails the run, and leaves no statement behind', async () => {
  const { database, services, busy } = await useTables(5000);
  await database.query('alter table b add check (id <> 3500)');
  const { context } = testContext({ services });
  await expect(etlOnly.run(context, etlTask.input.parse(etl))).rejects.toMatchObject({ code: 'SQL_FAILED' });
  expect(await all(database, 'select count(*) as n from b')).toEqual([{ n: 3000 }]);
  await expect.poll(busy).toBe(0);
});

test('etl: to a file', async () => {
  const { services, folder } = await useTables(1200);
  const input = {
    source: { ...main, query: 'select * from a order by id' },
    target: { file: 'a.ndjson', format: 'ndjson' },
  };
  const result = await etlOnly.run(testContext({ services }).context, etlTask.input.parse(input));
  expect(result).toMatchObject({ read: 1200, written: 1200, location: expect.stringMatching(/a\.ndjson$/) });
  const lines = readFileSync(join(folder, 'a.ndjson'), 'utf8').trimEnd().split('\n');
  expect(JSON.parse(lines[1199] as string)).toEqual({
    id: 1200,
    name: 'name 1200',
    at: '2026-01-01T00:00:01.2012Z',
    doc: '{"n": 1200, "list": [1200]}',
  });
});
