import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { PartLogs } from '../../src/embedded/part-logs.js';
import { databasePart } from '../../src/embedded/parts.js';
import { postgresUrl, socketFile } from '../../src/embedded/postgres-url.js';
import { Supervisor } from '../../src/embedded/supervisor.js';
import { testCache } from '../servers/pglite.js';
import { tempFolder } from './temp-folder.js';
import { until } from './until.js';

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

test('the database comes back after kill -9 with every acknowledged row, over the stale socket file', async () => {
  const folder = tempFolder();
  const restarted: string[] = [];
  const supervisor = new Supervisor(new PartLogs(join(folder, 'logs')), {
    onRestart: (_, cause) => restarted.push(cause),
  });
  onTestFinished(() => supervisor.killAll());
  const sockets = join(folder, 'run');
  await supervisor.start(databasePart(process.env, join(folder, 'postgres'), sockets, testCache()));
  const url = postgresUrl(sockets);
  await query(url, 'create table kept (id int primary key)');
  await query(url, 'insert into kept select generate_series(1, 500)');
  const killed = supervisor.pid('database') as number;
  execFileSync('kill', ['-9', String(killed)]);
  expect(existsSync(join(sockets, socketFile))).toBe(true);
  await until('it was started again', () => restarted.length === 1 && supervisor.pid('database') !== killed);
  const rows = await until('it answers again', () =>
    query(url, 'select count(*)::int as n from kept').catch(() => undefined),
  );
  expect(rows).toEqual([{ n: 500 }]);
  await supervisor.stop([['database']]);
  expect(existsSync(join(folder, 'run/database.lock'))).toBe(false);
});

test('sessions do not mix: parameters, transactions and errors side by side', async () => {
  const folder = tempFolder();
  const supervisor = new Supervisor(new PartLogs(join(folder, 'logs')));
  onTestFinished(() => supervisor.killAll());
  await supervisor.start(databasePart(process.env, join(folder, 'postgres'), join(folder, 'run'), testCache()));
  const pool = new pg.Pool({ connectionString: postgresUrl(join(folder, 'run')), max: 8 });
  const work = Array.from({ length: 200 }, async (_, i) => {
    if (i % 20 === 0) return expect(pool.query('select $1::int / 0', [i])).rejects.toThrow('division by zero');
    const text = 'x'.repeat(i % 7 === 0 ? 100_000 : 3);
    const { rows } = await pool.query('select $1::int as i, $2::text as text', [i, text]);
    expect(rows).toEqual([{ i, text }]);
  });
  await Promise.all(work);
  await pool.end();
  await supervisor.stop([['database']]);
});
