import { execFile } from 'node:child_process';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { entryPoint } from '../../src/embedded/entry-point.js';

const million = 1_000_000;

test('a million rows go through a process with 64 MB of heap, to a file and to a table', async () => {
  // Reading and writing at the same time takes a server with several connections: by scripts/with-postgres.sh.
  const url = process.env.CARILLON_TEST_POSTGRES_URL as string;
  const folder = mkdtempSync(join(tmpdir(), 'carillon-etl-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  onTestFinished(async () => {
    await client.query('drop schema if exists etl_million cascade');
    await client.end();
  });
  await client.query('create schema etl_million');
  await client.query('create table etl_million.copy (id bigint primary key, words text)');

  const copy = async (target: object) => {
    const query = "select n as id, repeat('x', 100) || n as words from generate_series(1, 1000000) n";
    const input = { source: { connection: 'main', query }, target };
    const { execArgv } = entryPoint('embedded/main');
    const heap = '--max-old-space-size=64';
    const program = join(import.meta.dirname, 'etl-copy.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [
      ...[heap, ...execArgv, program],
      ...[url, folder, JSON.stringify(input)],
    ]);
    return JSON.parse(stdout);
  };

  expect(await copy({ file: 'all.csv', format: 'csv' })).toMatchObject({ read: million, written: million });
  let lines = 0;
  let last = '';
  for await (const line of createInterface({ input: createReadStream(join(folder, 'all.csv')) })) {
    lines += 1;
    last = line;
  }
  expect([lines, last]).toEqual([million + 1, `${million},${'x'.repeat(100)}${million}`]);

  expect(await copy({ connection: 'main', table: 'etl_million.copy', key: 'id' })).toMatchObject({ written: million });
  const { rows } = await client.query(
    'select count(*)::int as n, count(distinct id)::int as ids, max(length(words)) as longest from etl_million.copy',
  );
  expect(rows).toEqual([{ n: million, ids: million, longest: 107 }]);
}, 600_000);
