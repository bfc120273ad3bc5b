import { describe, expect, test } from 'vitest';
import { cutoff } from '../../../../src/activities/tasks/expire/cutoff.js';
import { expireTask } from '../../../../src/activities/tasks/expire/expire.js';
import { deleteStatement } from '../../../../src/activities/tasks/expire/statements.js';
import type { TaskContext } from '../../../../src/core/task/context.js';
import { type ContextOptions, testContext } from '../../../../src/kit/task-run.js';
import { useSqlite } from '../databases/sqlite-file.js';

const scheduledAt = new Date('2026-11-21T09:00:00Z');
const rule = { connection: 'main', table: 'odd "table', column: 'made at', olderThan: '30d' };

/** A table with a row for each of `days` days before the run, and one that is not old whatever its spelling. */
async function useRows(days: number) {
  const { services } = useSqlite();
  const database = await services.database('main');
  await database.query('create table "odd ""table" (id integer primary key, "made at" text, kind text)');
  await database.query(
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < ?)
     insert into "odd ""table" select i, strftime('%Y-%m-%dT%H:%M:%SZ', '2026-11-21 09:00:00', '-' || i || ' days'),
       case i % 2 when 0 then 'even' else 'odd' end from n`,
    [days],
  );
  const left = async () => (await database.query('select id from "odd ""table" order by id')).rows.map(({ id }) => id);
  const run = (
    input: Record<string, unknown>,
    options: ContextOptions = {},
    change?: (context: TaskContext) => void,
  ) => {
    const { context, trace } = testContext({ services, scheduledAt, ...options });
    change?.(context);
    return {
      trace,
      result: expireTask.run(context, expireTask.input.parse({ ...rule, ...input })) as Promise<unknown>,
    };
  };
  return { database, left, run };
}

test('deletes what is older, in chunks, and reports; a repetition finds nothing', async () => {
  const { left, run } = await useRows(75);
  const first = run({ chunk: 20 });
  const cutoff = '2026-10-22T09:00:00.000Z';
  expect(await first.result).toEqual({ deleted: 45, chunks: 3, complete: true, cutoff });
  expect(await left()).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
  expect(first.trace.heartbeats).toEqual([
    { deleted: 20, chunks: 1 },
    { deleted: 40, chunks: 2 },
    { deleted: 45, chunks: 3 },
  ]);
  expect(first.trace.progress.map(({ done }) => done)).toEqual([20, 40, 45]);
  expect(await run({ chunk: 20 }).result).toMatchObject({ deleted: 0, chunks: 0, complete: true });
});

test('the oldest first, no more chunks than allowed, a condition, a dry run', async () => {
  const { left, run } = await useRows(40);
  expect(await run({ dryRun: true }).result).toEqual({ wouldDelete: 10, cutoff: '2026-10-22T09:00:00.000Z' });
  expect(await run({ dryRun: true, where: "kind = 'even' -- or what" }).result).toMatchObject({ wouldDelete: 5 });
  expect(await run({ chunk: 2, maxChunks: 2 }).result).toMatchObject({ deleted: 4, chunks: 2, complete: false });
  expect((await left()).at(-1)).toBe(36);
  expect(await run({ where: "kind = 'even'", key: ['id'] }).result).toMatchObject({ deleted: 3 });
  expect((await left()).slice(29)).toEqual([30, 31, 33, 35]);
});

test('times are compared as times, whatever their spelling; numbers as numbers', async () => {
  const { database, run } = await useRows(1);
  await database.query('create table n (id integer, s integer, t text)');
  const spellings = [
    '2026-11-21 07:59:59',
    '2026-11-21T08:59:59+01:00',
    '2026-11-21T08:00:00Z',
    '2026-11-21T08:00:01+00:00',
  ];
  for (const [id, text] of spellings.entries()) {
    await database.query('insert into n values (?, unixepoch(?), ?)', [id, text, text]);
  }
  await database.query("insert into n values (9, null, 'nonsense')");
  const table = { table: 'main.n', olderThan: '1h', dryRun: true };
  expect(await run({ ...table, column: 't' }).result).toMatchObject({ wouldDelete: 2 });
  expect(await run({ ...table, column: 's', columnType: 'epochSeconds' }).result).toMatchObject({ wouldDelete: 2 });
});

test('cancelled between chunks it stops there; the next attempt goes on and counts both', async () => {
  const { left, run } = await useRows(60);
  const abort = new AbortController();
  const first = run({ chunk: 10, pause: '1d' }, { signal: abort.signal }, (context) => {
    context.progress = () => abort.abort(new Error('cancelled'));
  });
  await expect(first.result).rejects.toThrow();
  expect(await left()).toHaveLength(50);
  const second = run({ chunk: 10 }, { heartbeatDetails: first.trace.heartbeats.at(-1), attempt: 2 });
  expect(await second.result).toMatchObject({ deleted: 30, chunks: 3, complete: true });
});

test('a fault of the database is told', async () => {
  const { run } = await useRows(1);
  await expect(run({ table: 'missing' }).result).rejects.toMatchObject({ code: 'SQL_FAILED' });
  await expect(run({ column: 'missing' }).result).rejects.toMatchObject({ code: 'SQL_FAILED' });
});

test.each([
  ['P1M', '2026-03-31T00:00:00Z', '2026-02-28T00:00:00.000Z'],
  ['P1Y2M', '2024-04-30T12:00:00Z', '2023-02-28T12:00:00.000Z'],
  ['P1M1DT1H', '2026-03-31T00:00:00Z', '2026-02-26T23:00:00.000Z'],
  ['90m', '2026-01-01T00:00:00Z', '2025-12-31T22:30:00.000Z'],
])('%s before %s', (olderThan, from, expected) => {
  expect(cutoff(new Date(from), olderThan).toISOString()).toBe(expected);
});

describe('statements', () => {
  const expiry = { table: 's.t', column: 'c', kind: 'time', cutoff: scheduledAt, chunk: 5, key: [] } as const;
  test.each([
    [
      { ...expiry, dialect: 'postgresql' as const },
      'delete from "s"."t" where ctid = any(array(select ctid from "s"."t" where "c" < $1 order by "c" limit 5)) and "c" < $2',
    ],
    [
      { ...expiry, dialect: 'postgresql' as const, key: ['a', 'b'], where: 'x > 1' },
      'delete from "s"."t" where ("a", "b") in (select "a", "b" from "s"."t" where "c" < $1 and (x > 1\n) order by "c" limit 5) and "c" < $2 and (x > 1\n)',
    ],
    [{ ...expiry, dialect: 'mysql' as const }, 'delete from `s`.`t` where `c` < ? order by `c` limit 5'],
  ])('%#', (given, sql) => {
    expect(deleteStatement(given).sql).toBe(sql);
  });
});

test.each([
  [{ ...rule, table: 'a..b' }, 'table'],
  [{ ...rule, table: 'a\0b' }, 'table'],
  [{ ...rule, column: '' }, 'column'],
  [{ ...rule, olderThan: '-1d' }, 'olderThan'],
  [{ ...rule, chunk: 0 }, 'chunk'],
  [{ ...rule, key: [] }, 'key'],
  [{ ...rule, pause: '100d' }, 'pause'],
  [{ ...rule, colum: 'x' }, ''],
])('refuses %j', (input, field) => {
  expect(expireTask.input.safeParse(input).error?.issues[0]?.path.join('.')).toBe(field);
});
