import { chmodSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isApiKey, makeApiKey } from '../../src/api/auth/api-key.js';
import { openCredentials } from '../../src/embedded/credentials.js';
import { StateFolder } from '../../src/embedded/state-folder.js';
import { KeyRing } from '../../src/keyring/key-ring.js';
import { tempFolder } from './temp-folder.js';

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

test('the first start makes the keys for this user alone, the next finds them', () => {
  const folder = tempFolder();
  const made = openCredentials(folder, {});
  expect(made).toMatchObject({ isNew: true, adminKeyFile: join(folder, 'admin.key') });
  expect(isApiKey(made.adminKey)).toBe(true);
  expect(KeyRing.parse(made.secretKey ?? '', 'x').durable).toBe(true);
  for (const file of ['admin.key', 'secret.key']) expect(modeOf(join(folder, file))).toBe('600');
  expect(openCredentials(folder, {})).toEqual({ ...made, isNew: false });
});

test('the environment outranks the folder; its admin key is kept for the command line, its secret key is not', () => {
  const folder = tempFolder();
  openCredentials(folder, {});
  const env = { CARILLON_ADMIN_KEY: makeApiKey(), CARILLON_SECRET_KEY: 'of-the-environment' };
  expect(openCredentials(folder, env)).toMatchObject({
    ...{ adminKey: env.CARILLON_ADMIN_KEY, secretKey: 'of-the-environment', isNew: false },
  });
  expect(readFileSync(join(folder, 'admin.key'), 'utf8').trim()).toBe(env.CARILLON_ADMIN_KEY);
  expect(modeOf(join(folder, 'admin.key'))).toBe('600');
  expect(readFileSync(join(folder, 'secret.key'), 'utf8')).not.toContain('environment');
  const other = tempFolder();
  expect(openCredentials(other, { CARILLON_SECRET_KEY_FILE: '/run/secret' }).secretKey).toBeUndefined();
  expect(existsSync(join(other, 'secret.key'))).toBe(false);
});

test.each([undefined, 0o755])('the state folder is closed to others, however it was made: %s', async (mode) => {
  const path = join(tempFolder(), 'state');
  if (mode !== undefined) {
    mkdirSync(path);
    chmodSync(path, mode);
  }
  const state = await StateFolder.open(path);
  expect(modeOf(path)).toBe('700');
  state.writeAddresses({ api: 'http://127.0.0.1:1', temporal: '127.0.0.1:2', database: 'postgresql://x/y' });
  const { adminKey, secretKey = '' } = openCredentials(path, {});
  const told = readFileSync(join(path, 'addresses.json'), 'utf8');
  expect(told).not.toContain(adminKey);
  expect(told).not.toContain(secretKey);
  state.close();
});
