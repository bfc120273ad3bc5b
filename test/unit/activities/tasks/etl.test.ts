import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { etlTask } from '../../../../src/activities/tasks/etl/etl.js';
import { incremental } from '../../../../src/activities/tasks/etl/source.js';
import { insertStatement, rowsPerStatement } from '../../../../src/activities/tasks/etl/table.js';
import { builtInTasks } from '../../../../src/activities/tasks/index.js';
import type { TaskContext } from '../../../../src/core/task/context.js';
import { type ContextOptions, testContext } from '../../../../src/kit/task-run.js';
import { useSqlite } from '../databases/sqlite-file.js';
import { oddStrings } from '../databases/strings.js';
import { useFolder } from './folder-files.js';

const main = { connection: 'main' };

async function useTables(rows: number) {
  const { services } = useSqlite();
  const { folder, files } = useFolder();
  const database = await services.database('main');
  await database.query('create table a (id integer primary key, name text, at integer)');
  await database.query('create table b (id integer primary key, name text, at integer)');
  await database.query(
    "with recursive n(i) as (select 1 union all select i + 1 from n where i < ?) insert into a select i, 'n' || i, i / 10 from n",
    [rows],
  );
  const read = async () => (await database.query('select * from b order by id')).rows;
  const run = (
    input: Record<string, unknown>,
    options: ContextOptions = {},
    change?: (context: TaskContext) => void,
  ) => {
    const { context, trace } = testContext({ services: { ...services, files }, ...options });
    change?.(context);
    return { trace, result: etlTask.run(context, etlTask.input.parse(input)) as Promise<Record<string, unknown>> };
  };
  return { database, folder, read, run };
}

const toTable = {
  source: { ...main, query: 'select id, name, at from a order by id -- all of them' },
  target: { ...main, table: 'b', key: 'id', batch: 10 },
};

test('copies to a table; again, and what changed is written over and nothing is there twice', async () => {
  const { database, read, run } = await useTables(25);
  const first = run(toTable);
  expect(await first.result).toEqual({ read: 25, written: 25, skipped: 0 });
  expect(first.trace.progress.map(({ done }) => done)).toEqual([10, 20, 25]);
  await database.query("update a set name = 'changed' where id = 7");
  await run(toTable).result;
  const rows = await read();
  expect(rows).toHaveLength(25);
  expect(rows[6]).toEqual({ id: 7, name: 'changed', at: 0 });
  await database.query("update a set name = 'again' where id = 7");
  await run({ ...toTable, target: { ...toTable.target, onConflict: 'ignore' } }).result;
  expect((await read())[6]).toMatchObject({ name: 'changed' });
});

test('maps columns; of rows with the same key the last counts; what cannot be cast fails with its row, or is skipped', async () => {
  const { run, read } = await useTables(0);
  const query =
    "select 1 as k, ' A ' as name, '10' as n union all select 1, ' B', '11' union all select 2, 'C', 'many' union all select 3, null, '12'";
  const input = {
    source: { ...main, query },
    columns: {
      id: 'k',
      name: { from: 'name', trim: true, case: 'lower', default: 'none' },
      at: { from: 'n', cast: 'integer' },
    },
    target: { ...main, table: 'b', key: ['id'] },
  };
  await expect(run(input).result).rejects.toMatchObject({
    code: 'ETL_VALUE_INVALID',
    message: expect.stringMatching(/^Row 3: .*`columns.at`.*"many"/),
    details: { field: 'input.columns.at' },
  });
  expect(await read()).toEqual([]);
  const skipping = run({ ...input, onInvalid: 'skip' });
  expect(await skipping.result).toEqual({ read: 4, written: 3, skipped: 1 });
  expect(skipping.trace.log).toMatchObject([{ level: 'warn', fields: { row: 3 } }]);
  expect(await read()).toEqual([
    { id: 1, name: 'b', at: 11 },
    { id: 3, name: 'none', at: 12 },
  ]);
});

test('incremental: each run reads what lies after the last success; without news the cursor stays', async () => {
  const { database, run } = await useTables(20);
  const input = { ...toTable, source: { ...main, query: 'select * from a', cursor: { column: 'id' } } };
  const first = await run(input).result;
  expect(first).toEqual({ read: 20, written: 20, skipped: 0, cursor: 20 });
  await database.query("insert into a values (21, 'new', 2), (22, null, 2)");
  const at = new Date('2026-01-01T00:00:00Z');
  const after = (result: unknown) => ({ lastSuccess: { runId: 'r', scheduledAt: at, finishedAt: at, result } });
  const second = await run(input, after(first)).result;
  expect(second).toEqual({ read: 2, written: 2, skipped: 0, cursor: 22 });
  expect(await run(input, after(second)).result).toEqual({ read: 0, written: 0, skipped: 0, cursor: 22 });
  const inclusive = { ...input, source: { ...input.source, cursor: { column: 'at', inclusive: true, initial: 2 } } };
  expect(await run(inclusive).result).toMatchObject({ read: 3, cursor: 2 });
  const mistaken = { ...input, source: { ...input.source, cursor: { column: 'idd' } } };
  await expect(run(mistaken).result).rejects.toMatchObject({
    code: expect.stringMatching(/ETL_VALUE_INVALID|SQL_FAILED/),
  });
});

test('broken off in mid-run, the next attempt goes on from the kept cursor and every row is there once', async () => {
  const { read, run } = await useTables(100);
  const input = { ...toTable, source: { ...main, query: 'select * from a', cursor: { column: 'at' } } };
  const abort = new AbortController();
  const first = run(input, { signal: abort.signal }, (context) => {
    const progress = context.progress;
    context.progress = (done, ...rest) => {
      progress(done, ...rest);
      if (done === 50) abort.abort(new Error('cancelled'));
    };
  });
  await expect(first.result).rejects.toThrow('cancelled');
  expect(await read()).toHaveLength(50);
  const second = run(input, { attempt: 2, heartbeatDetails: first.trace.heartbeats.at(-1) });
  expect(await second.result).toMatchObject({ cursor: 10 });
  expect((await read()).map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
  const whole = run(toTable, { attempt: 2, heartbeatDetails: { read: 10, written: 10, skipped: 0 } });
  expect(await whole.result).toEqual({ read: 100, written: 100, skipped: 0 });
});

test('every text is the same in a table and in files', async () => {
  const { database, folder, read, run } = await useTables(0);
  const texts = oddStrings;
  await database.query('delete from a');
  for (const [id, text] of texts.entries()) await database.query('insert into a values (?, ?, null)', [id, text]);
  await run(toTable).result;
  expect((await read()).map(({ name }) => name)).toEqual(texts);
  const { source } = toTable;
  const location = (await run({ source, target: { file: 'out/all.ndjson', format: 'ndjson' } }).result).location;
  expect(location).toMatch(/^file:.*out\/all\.ndjson$/);
  const lines = readFileSync(join(folder, 'out/all.ndjson'), 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).name)).toEqual(texts);
  await run({ source, target: { file: 'all.csv', format: 'csv' } }).result;
  const [head, ...records] = parseCsv(readFileSync(join(folder, 'all.csv'), 'utf8'));
  expect(head).toEqual(['id', 'name', 'at']);
  expect(records).toEqual(texts.map((text, id) => [String(id), text, null]));
});

test('a file is replaced as a whole by the next attempt; bytes, null, true and false have their spelling', async () => {
  const { folder, run } = await useTables(0);
  const query = "select x'00ff' as bytes, null as none, '' as empty, 1.5 as n";
  const input = { source: { ...main, query }, target: { file: 'a.csv', format: 'csv' } };
  const details = { read: 9, written: 9, skipped: 0 };
  expect(await run(input, { heartbeatDetails: details }).result).toMatchObject({ read: 1, written: 1 });
  expect(readFileSync(join(folder, 'a.csv'), 'utf8')).toBe('bytes,none,empty,n\r\nAP8=,,"",1.5\r\n');
});

test('a failing source or target fails the run', async () => {
  const { run } = await useTables(3);
  const source = { ...main, query: 'select * from missing' };
  await expect(run({ ...toTable, source }).result).rejects.toMatchObject({ code: 'SQL_FAILED' });
  const target = { ...toTable.target, table: 'missing' };
  await expect(run({ ...toTable, target }).result).rejects.toMatchObject({ code: 'SQL_FAILED' });
  const noIndex = { ...toTable.target, key: 'name' };
  await expect(run({ ...toTable, target: noIndex }).result).rejects.toMatchObject({ code: 'SQL_FAILED' });
  const other = { ...toTable.target, connection: 'other' };
  await expect(run({ ...toTable, target: other }).result).rejects.toMatchObject({ code: 'CONNECTION_UNKNOWN' });
});

test('statements of each dialect', () => {
  const target = { table: 's.t', key: ['a'], onConflict: 'update' } as const;
  const pg =
    'insert into "s"."t" ("a", "b") values ($1, $2), ($3, $4) on conflict ("a") do update set "b" = excluded."b"';
  expect(insertStatement('postgresql', target, ['a', 'b'], 2)).toBe(pg);
  const mysql = 'insert into `s`.`t` (`a`, `b`) values (?, ?) on duplicate key update ';
  expect(insertStatement('mysql', target, ['a', 'b'], 1)).toBe(`${mysql}\`b\` = values(\`b\`)`);
  expect(insertStatement('mysql', { ...target, onConflict: 'ignore' }, ['a', 'b'], 1)).toBe(`${mysql}\`a\` = \`a\``);
  expect(insertStatement('sqlite', target, ['a'], 1)).toMatch(/on conflict \("a"\) do nothing$/);
  expect(rowsPerStatement('postgresql', 100, 1000)).toBe(655);
  expect(incremental('select 1 -- x', 'a', 'postgresql', 2, { after: 5 })).toBe(
    'select q.* from (\nselect 1 -- x\n) as q where q."a" > $3 order by q."a"',
  );
});

test.each([
  [{ ...toTable, source: { ...main } }, 'source.query'],
  [{ ...toTable, columns: {} }, 'columns'],
  [{ ...toTable, columns: { name: 'name' } }, 'target.key'],
  [{ ...toTable, columns: { id: { from: 'id', cast: 'money' } } }, 'columns.id'],
  [{ ...toTable, target: { file: '../up', format: 'csv' } }, 'target'],
  [{ ...toTable, target: { file: 'a.csv' } }, 'target'],
])('refuses %j', (input, field) => {
  const path = etlTask.input.safeParse(input).error?.issues[0]?.path.join('.');
  expect(path).toMatch(new RegExp(`^${field}`));
});

test('it is among the tasks every process knows', () => {
  expect(builtInTasks.map(({ name }) => name as string)).toEqual(expect.arrayContaining(['etl', 'expire', 'sql']));
});

/** RFC 4180, where a cell without quotes and without anything in it is null. */
function parseCsv(text: string): (string | null)[][] {
  const records: (string | null)[][] = [[]];
  for (const [, cell, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n"][^,\r\n]*)?)(,|\r\n)/g)) {
    records.at(-1)?.push(cell?.replaceAll('""', '"') ?? plain ?? null);
    if (end === '\r\n') records.push([]);
  }
  return records.slice(0, -1);
}
