import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { acquireLock } from '../../src/embedded/lock.js';
import { tempFolder } from './temp-folder.js';

test('one holder at a time; who waits gets it when it is let go', async () => {
  const path = join(tempFolder(), 'lock');
  const first = await acquireLock(path);
  if ('heldBy' in first) throw new Error('Expected the lock to be free.');
  expect(await acquireLock(path)).toEqual({ heldBy: process.pid });
  const second = acquireLock(path, { waitMs: 30_000 });
  first.release();
  expect(await second).toHaveProperty('release');
});

test('the lock of a process that is gone is taken over, by one of many', async () => {
  const folder = tempFolder();
  const path = join(folder, 'lock');
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  writeFileSync(path, `${pid} 12345`);
  const results = await Promise.all(Array.from({ length: 20 }, () => acquireLock(path)));
  expect(results.filter((result) => !('heldBy' in result))).toHaveLength(1);
  expect(readdirSync(folder)).toEqual(['lock']);
});

test.runIf(process.platform === 'linux')(
  'a process that merely got the same pid does not count as holder',
  async () => {
    const path = join(tempFolder(), 'lock');
    writeFileSync(path, `${process.pid} 1`);
    expect(await acquireLock(path)).toHaveProperty('release');
  },
);
