import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { isApiKey, makeApiKey } from '../../src/api/auth/api-key.js';
import { KeyRing } from '../../src/keyring/key-ring.js';
import { startApiWithKeys } from '../api/api-with-keys.js';
import { tempFolder } from '../embedded/temp-folder.js';
import { carillon } from './terminal.js';

/** A folder in which `npm start` was called. */
function folderOf(api: string, key: string): string {
  const cwd = tempFolder();
  mkdirSync(join(cwd, '.carillon'));
  writeFileSync(join(cwd, '.carillon/addresses.json'), JSON.stringify({ api }));
  writeFileSync(join(cwd, '.carillon/admin.key'), `${key}\n`);
  chmodSync(join(cwd, '.carillon/admin.key'), 0o600);
  return cwd;
}

it('makes, lists and revokes keys, with the key it finds by itself', async () => {
  const { url, adminKey, project, with: as } = await startApiWithKeys();
  const cwd = folderOf(url, adminKey);
  const run = (...argv: string[]) => carillon(['keys', ...argv, '--project', project], { cwd });
  const made = await run(
    'create',
    'nightly',
    '--role',
    'admin',
    '--scope',
    'jobs:read,jobs:write',
    '--expires',
    '90d',
    '-o',
    'json',
  );
  expect(made).toMatchObject({ code: 0, err: expect.stringContaining('only time') });
  const { key, id, ...rest } = JSON.parse(made.out);
  expect(rest).toMatchObject({ project, role: 'admin', scopes: ['jobs:read', 'jobs:write'], payloads: false });
  expect(Date.parse(rest.expiresAt) - Date.now()).toBeGreaterThan(89 * 86_400_000);
  expect((await as(key).jobs.list.query({ project })).items).toEqual([]);

  const shown = await run('create', 'shown', '--role', 'viewer', '--payloads', '--owns', 'team-a,team-b');
  expect(shown.out).toMatch(/^key {2,}car_[0-9A-Za-z]{49}$/m);
  expect(shown.out).toContain('viewer with payloads');
  expect(shown.out).toContain('team-a, team-b');
  const listed = await run('list');
  expect(listed.out).toContain(`${key.slice(0, 12)}…`);
  expect(listed.out).not.toContain(key.slice(0, 20));
  expect(JSON.parse((await run('revoke', id, '-o', 'json')).out)).toMatchObject({ id, state: 'revoked' });
  expect(JSON.parse((await run('list', '--usable', '-o', 'json')).out).items).toMatchObject([{ name: 'shown' }]);
  const all = await carillon(['keys', 'list', '--all-projects', '-o', 'json', '-n', '500'], { cwd });
  expect(all.out).toContain(adminKey.slice(0, 12));
});

it('shows the key of a folder to the address of that folder, and to nobody else', async () => {
  const seen: (string | undefined)[] = [];
  const stranger = createServer((request, response) => {
    seen.push(JSON.stringify(request.headers));
    response.end('{}');
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void stranger.close());
  await new Promise((resolve) => stranger.once('listening', resolve));
  const other = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
  const key = makeApiKey();
  const cwd = folderOf('http://127.0.0.1:1', key);
  await carillon(['jobs', 'list', '--url', other], { cwd });
  await carillon(['jobs', 'list'], { cwd, env: { CARILLON_URL: other } });
  expect(seen).toHaveLength(2);
  expect(seen.join()).not.toContain(key);
  // The environment's goes wherever the command goes.
  await carillon(['jobs', 'list', '--url', other], { cwd, env: { CARILLON_API_KEY: 'of-the-environment' } });
  expect(seen[2]).toContain('Bearer of-the-environment');
  await carillon(['jobs', 'list'], { cwd: folderOf(other, key) });
  expect(seen[3]).toContain(`Bearer ${key}`);
});

it('says what to do without a key, and with one that is not good', async () => {
  const { url, adminKey } = await startApiWithKeys();
  const none = await carillon(['jobs', 'list', '--url', url]);
  expect(none).toMatchObject({ code: 1, out: '' });
  expect(none.err).toMatch(/error UNAUTHENTICATED: [\s\S]*→ Set CARILLON_API_KEY to a key for/);
  const wrong = await carillon(['jobs', 'list', '--url', url], { env: { CARILLON_API_KEY: makeApiKey() } });
  expect(wrong.err).toContain('→ The key in CARILLON_API_KEY is not good at');
  const stale = await carillon(['jobs', 'list'], { cwd: folderOf(url, makeApiKey()) });
  expect(stale.err).toContain('→ The key in .carillon/admin.key is not good at');

  const checks = async (env: Record<string, string>) => {
    const { code, out, err } = await carillon(['doctor', '--url', url, '-o', 'json'], { env });
    return { code, err, key: JSON.parse(out).checks.find(({ name }: { name: string }) => name === 'Key') };
  };
  const missing = await checks({});
  expect(missing).toMatchObject({
    // Workers are missing as well.
    code: 3,
    key: { result: 'failed' },
    err: expect.stringContaining('CARILLON_API_KEY'),
  });
  expect(await checks({ CARILLON_API_KEY: makeApiKey() })).toMatchObject({ code: 1, key: { result: 'failed' } });
  expect(await checks({ CARILLON_API_KEY: adminKey })).toMatchObject({
    key: { result: 'ok', detail: 'CARILLON_API_KEY' },
  });
});

it('generates keys that an installation takes, without a server', async () => {
  const { code, out } = await carillon(['keys', 'generate', '-o', 'json']);
  expect(code).toBe(0);
  const { adminKey, secretKey } = JSON.parse(out);
  expect(isApiKey(adminKey)).toBe(true);
  expect(KeyRing.parse(secretKey, 'x').durable).toBe(true);
  const lines = await carillon(['keys', 'generate']);
  expect(lines.out).toMatch(/^CARILLON_ADMIN_KEY=car_[0-9A-Za-z]{49}\nCARILLON_SECRET_KEY=[0-9A-Za-z+/]{43}=\n$/);
  expect(lines.out).not.toContain(adminKey);
});
