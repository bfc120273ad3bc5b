import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { databasesFromEnv } from '../../../../src/activities/databases/databases.js';
import { createServices } from '../../../../src/activities/services/services.js';
import { useSqlite } from './sqlite-file.js';
import { oddStrings } from './strings.js';

const code = (expected: string) => expect.objectContaining({ code: expected });
const endless = 'with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) as many from n';

test('values come back as they were sent', async () => {
  const database = await useSqlite().services.database('main');
  await database.query('create table t (n integer primary key, v)');
  const values = [...oddStrings, 0, -7, 1.5, Number.MAX_SAFE_INTEGER, null, new Uint8Array([0, 1, 255])];
  await database.transaction(async (inside) => {
    for (const [n, value] of values.entries()) await inside.query('insert into t values (?, ?)', [n, value]);
  });
  const back: unknown[] = [];
  for await (const { v } of database.stream('select v from t order by n')) back.push(v);
  expect(back).toEqual(values);
  expect((await database.query('select typeof(v) as kind from t where v = ?', [-7])).rows).toEqual([
    { kind: 'integer' },
  ]);
  expect((await database.query('select 9223372036854775807 as big, ? as yes', [true])).rows).toEqual([
    { big: '9223372036854775807', yes: 1 },
  ]);
});

test('what could not be kept is refused: NUL, half a pair', async () => {
  const database = await useSqlite().services.database('main');
  for (const value of ['a\0b', '\ud800']) {
    await expect(database.query('select ?, ?', ['a', value])).rejects.toMatchObject({
      code: 'SQL_PARAMETER_INVALID',
      details: { field: 'parameters.1' },
    });
  }
});

test('refuses what the driver would run in part, and what SQLite refuses', async () => {
  const database = await useSqlite().services.database('main');
  const refused: [string, unknown[]][] = [
    ['select 1; select 2', []],
    ['select ?', []],
    ['select ?', [1, 2]],
    ['select ?1', [1]],
    ['select * from nothing', []],
  ];
  for (const [sql, parameters] of refused) {
    await expect(database.query(sql, parameters), sql).rejects.toThrow(code('SQL_FAILED'));
  }
  expect((await database.query("select '?; ?' as a -- ? ;\n;")).rows).toEqual([{ a: '?; ?' }]);
});

test('rows are counted and bounded', async () => {
  const database = await useSqlite().services.database('main');
  await database.query('create table t (n integer)');
  const inserted = await database.query('insert into t values (1), (2), (3)');
  expect(inserted).toEqual({ rows: [], rowCount: 3, more: false });
  const cut = await database.query('select n from t order by n', [], { maxRows: 2 });
  expect(cut).toEqual({ rows: [{ n: 1 }, { n: 2 }], rowCount: 2, more: true });
  expect(await database.query('delete from t returning n', [], { maxRows: 3 })).toMatchObject({ rowCount: 3 });
});

test('a transaction is all or nothing, and two wait for each other', async () => {
  const database = await useSqlite().services.database('main');
  await database.query('create table t (n integer)');
  const failing = database.transaction(async (inside) => {
    await inside.query('insert into t values (1)');
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  const add = () =>
    database.transaction(async (inside) => {
      const { rows } = await inside.query('select count(*) as n from t');
      await inside.query('insert into t values (?)', [rows[0]?.n]);
    });
  await Promise.all([add(), add(), add()]);
  expect((await database.query('select n from t order by n')).rows).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }]);
});

test('the signal ends a statement that would never end, and what it was part of', async () => {
  const database = await useSqlite().services.database('main');
  await database.query('create table t (n integer)');
  const abort = new AbortController();
  const running = database.transaction(async (inside) => {
    await inside.query('insert into t values (1)');
    const never = inside.query(endless, [], { signal: abort.signal });
    abort.abort(new Error('stop'));
    await never;
  }, abort.signal);
  await expect(running).rejects.toThrow('stop');
  expect((await database.query('select * from t')).rows).toEqual([]);
});

test('a stream can be left, and its connection serves again', async () => {
  const database = await useSqlite().services.database('main');
  const numbers = 'with recursive n(i) as (select 1 union all select i + 1 from n) select i from n';
  for await (const { i } of database.stream(numbers)) if (i === 1000) break;
  expect((await database.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
});

test('a file that cannot be opened', async () => {
  const services = createServices({ databases: { gone: { url: 'sqlite:/nowhere/at/all.db' } } });
  const database = await services.database('gone');
  await expect(database.query('select 1')).rejects.toThrow(code('DATABASE_UNAVAILABLE'));
  await services.close();
});

test('a secret in an address is looked up when it is first used', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-secret-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const env: Record<string, string> = {};
  const services = createServices({ databases: { kept: { url: `sqlite:${folder}/secret://file-name` } } }, { env });
  onTestFinished(() => services.close());
  await expect(services.database('kept')).rejects.toMatchObject({ code: 'SECRET_UNKNOWN' });
  env.CARILLON_SECRET_FILE_NAME = 'treasury.db';
  const database = await services.database('kept');
  await database.query('create table t (a text)');
  expect(existsSync(join(folder, 'treasury.db'))).toBe(true);
});

test('an unknown name tells those there are; addresses tell no secrets', async () => {
  const { services, folder } = useSqlite();
  await expect(services.database('other')).rejects.toMatchObject({
    code: 'CONNECTION_UNKNOWN',
    message: expect.stringContaining('(main)'),
  });
  expect(existsSync(join(folder, 'main.db'))).toBe(false);
  for (const url of ['oracle://u:hunter2@h/', 'hunter2', 'postgresql://[hunter2', 'sqlite::memory:']) {
    const broken = createServices({ databases: { broken: { url } } }).database('broken');
    await expect(broken).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.not.stringMatching(/hunter2/),
    });
  }
});

test.each(['postgresql', 'mysql'])('nobody listens: %s', async (scheme) => {
  const services = createServices({ databases: { away: { url: `${scheme}://me:hunter2@127.0.0.1:2/db` } } });
  const database = await services.database('away');
  await expect(database.query('select 1')).rejects.toMatchObject({
    code: 'DATABASE_UNAVAILABLE',
    message: expect.not.stringMatching(/hunter2/),
  });
  await services.close();
});

test('the environment names connections', () => {
  const env = { CARILLON_DATABASE_URL: 'postgresql://own', CARILLON_DATABASE_SALES_EU: 'sqlite:a.db', PATH: '/' };
  expect(databasesFromEnv({ ...env, CARILLON_DATABASE_EMPTY: '' })).toEqual({ sales_eu: { url: 'sqlite:a.db' } });
});
