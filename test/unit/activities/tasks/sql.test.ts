import { expect, test } from 'vitest';
import { makeAttempt } from '../../../../src/activities/attempt.js';
import { sqlTask } from '../../../../src/activities/tasks/sql/sql.js';
import { type ContextOptions, testContext } from '../../../../src/kit/task-run.js';
import { useSqlite } from '../databases/sqlite-file.js';
import { oddStrings } from '../databases/strings.js';

type Input = Omit<Parameters<typeof sqlTask.input.parse>[0] & object, never>;
const endless = 'with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n';

function useTask() {
  const { services } = useSqlite();
  const run = (input: Record<string, unknown>, options: ContextOptions = {}) =>
    sqlTask.run(
      testContext({ services, ...options }).context,
      sqlTask.input.parse({ connection: 'main', ...input } as Input),
    ) as Promise<{ statements: { rowCount: number; rows: Record<string, unknown>[]; more: boolean }[] }>;
  return { services, run };
}

test('runs one statement or several, and keeps rows and counts', async () => {
  const { run } = useTask();
  const statements = [
    { sql: 'create table t (n integer, v)' },
    { sql: 'insert into t values (?, ?), (?, ?)', parameters: [1, 'one', 2, { base64: 'AAH/' }] },
    { sql: 'select * from t order by n' },
  ];
  expect(await run({ statements })).toMatchObject({
    statements: [
      {},
      { rowCount: 2, rows: [] },
      {
        rows: [
          { n: 1, v: 'one' },
          { n: 2, v: 'AAH/' },
        ],
        more: false,
      },
    ],
  });
  expect(await run({ sql: 'select n from t', maxRows: 1 })).toEqual({
    statements: [{ rowCount: 1, rows: [{ n: 1 }], more: true }],
  });
});

test('parameters take data of the run', async () => {
  const { run } = useTask();
  const sql = 'select ? as id, ? as at, ? as last, ? as json, ? as attempt';
  const parameters = [
    { run: 'id' },
    { run: 'scheduledAt' },
    { run: 'lastSuccessAt' },
    { json: [1, 'a'] },
    { run: 'attempt' },
  ];
  const options = { runId: 'r1', scheduledAt: new Date('2026-11-21T09:00:00Z'), attempt: 3 };
  const row = { id: 'r1', at: '2026-11-21T09:00:00.000Z', last: null, json: '[1,"a"]', attempt: 3 };
  expect((await run({ sql, parameters }, options)).statements[0]?.rows).toEqual([row]);
  const before = new Date('2026-11-20T09:00:00Z');
  const lastSuccess = { runId: 'r0', scheduledAt: before, finishedAt: before, result: 1 };
  const again = await run({ sql, parameters }, { ...options, lastSuccess });
  expect(again.statements[0]?.rows).toEqual([{ ...row, last: '2026-11-20T09:00:00.000Z' }]);
});

test('every text comes back as it was, as a parameter and as a value of a row', async () => {
  const { run } = useTask();
  await run({ sql: 'create table t (n integer, v text)' });
  const inserts = oddStrings
    .slice(0, 100)
    .map((text, n) => ({ sql: 'insert into t values (?, ?)', parameters: [n, text] }));
  await run({ statements: inserts });
  const back = await run({ sql: 'select v from t order by n' });
  expect(back.statements[0]?.rows.map(({ v }) => v)).toEqual(oddStrings.slice(0, 100));
});

test('a fault names the statement or the parameter, and undoes what went before; the next attempt finds it clean', async () => {
  const { run } = useTask();
  await run({ sql: 'create table t (n integer primary key)' });
  const statements = [{ sql: 'insert into t values (1)' }, { sql: 'insert into missing values (1)' }];
  await expect(run({ statements })).rejects.toMatchObject({
    code: 'SQL_FAILED',
    details: { field: 'input.statements.1.sql' },
  });
  const withNul = [{ sql: 'insert into t values (1)' }, { sql: 'select ?, ?', parameters: [1, 'a\0'] }];
  await expect(run({ statements: withNul })).rejects.toMatchObject({
    code: 'SQL_PARAMETER_INVALID',
    details: { field: 'input.statements.1.parameters.1' },
  });
  expect((await run({ sql: 'insert into t values (1)' })).statements[0]?.rowCount).toBe(1);
  await expect(run({ statements, transaction: false })).rejects.toThrow(/UNIQUE/);
  await expect(run({ sql: 'select 1', connection: 'other' })).rejects.toMatchObject({ code: 'CONNECTION_UNKNOWN' });
});

test('a statement is cancelled at its timeout, and the attempt at its own', async () => {
  const { services, run } = useTask();
  await run({ sql: 'create table t (n integer)' });
  const insert = { sql: 'insert into t values (1)' };
  const late = run({ statements: [insert, { sql: endless }], statementTimeout: '500ms' });
  await expect(late).rejects.toMatchObject({ code: 'SQL_TIMEOUT', details: { field: 'input.statementTimeout' } });
  const { context } = testContext({ services });
  const outcome = await makeAttempt({
    task: sqlTask,
    input: { connection: 'main', statements: [insert, { sql: endless }] },
    context,
    timeoutMs: 500,
    graceMs: 60_000,
    cancellation: new AbortController().signal,
    interrupted: () => false,
  });
  expect(outcome).toMatchObject({ state: 'timed_out', error: { code: 'TIMEOUT_ATTEMPT' } });
  expect((await run({ sql: 'select * from t' })).statements[0]?.rows).toEqual([]);
});

test('cancelled in mid-run, nothing stays', async () => {
  const { run } = useTask();
  await run({ sql: 'create table t (n integer)' });
  const abort = new AbortController();
  const statements = [{ sql: 'insert into t values (1)' }, { sql: endless }];
  const running = run({ statements }, { signal: abort.signal });
  abort.abort(new Error('cancelled'));
  await expect(running).rejects.toThrow('cancelled');
  expect((await run({ sql: 'select * from t' })).statements[0]?.rows).toEqual([]);
});

test.each([
  [{ connection: 'a' }, 'sql'],
  [{ connection: 'a', sql: ' ' }, 'sql'],
  [{ connection: 'a', sql: 'select 1\0' }, 'sql'],
  [{ connection: 'a', sql: 'x', statements: [{ sql: 'y' }] }, 'statements'],
  [{ connection: 'a', statements: [] }, 'statements'],
  [{ connection: 'a', statements: [{ sql: 'x' }], parameters: [1] }, 'parameters'],
  [{ connection: 'a', sql: 'x', parameters: [{ run: 'password' }] }, 'parameters.0'],
  [{ connection: 'a', sql: 'x', parameters: [{ base64: '%' }] }, 'parameters.0.base64'],
  [{ connection: 'a', sql: 'x', maxRows: -1 }, 'maxRows'],
  [{ connection: 'a', sql: 'x', statementTimeout: 'soon' }, 'statementTimeout'],
  [{ sql: 'x' }, 'connection'],
])('refuses %j', (input, field) => {
  const { error } = sqlTask.input.safeParse(input);
  expect(error?.issues[0]?.path.join('.')).toBe(field);
});
