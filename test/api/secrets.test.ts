import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { storedSecrets } from '../../src/activities/secrets/stored.js';
import { KeyRing } from '../../src/keyring/key-ring.js';
import { refusal, startApiOnly } from './api-only.js';

const newKey = () => randomBytes(32).toString('base64');
const ringOf = (...keys: string[]) => KeyRing.parse(keys.join(','), 'test');

test('secrets are put, replaced, listed and deleted, and never shown', async () => {
  const keyRing = ringOf(newKey());
  const { client, project, store, log } = await startApiOnly({ keyRing });
  const token = { project, name: 'hooks.token' };
  const first = await client.secrets.put.mutate({ ...token, value: 'open sesame', by: 'ada' });
  expect(first).toMatchObject({ ...token, version: 1, keyId: keyRing.currentId, createdBy: 'ada', updatedBy: 'ada' });
  const second = await client.secrets.put.mutate({ ...token, value: 'closed sesame', by: 'bob' });
  expect(second).toMatchObject({ version: 2, createdBy: 'ada', updatedBy: 'bob' });
  await client.secrets.put.mutate({ project, name: 'another', value: 'a different one' });
  const page = await client.secrets.list.query({ project, limit: 1 });
  expect(page.items.map(({ name }) => name)).toEqual(['another']);
  const rest = await client.secrets.list.query({ project, cursor: page.nextCursor ?? undefined });
  expect(rest.items).toEqual([second]);

  const read = storedSecrets(store.secrets, keyRing, () => 0);
  expect(await read(project, 'hooks.token')).toBe('closed sesame');
  expect(await read('another-project', 'hooks.token')).toBeUndefined();

  expect(await client.secrets.delete.mutate(token)).toEqual({ deleted: true });
  expect(await refusal(client.secrets.delete.mutate(token))).toMatchObject({ code: 'SECRET_NOT_FOUND' });
  expect(JSON.stringify([first, second, page, rest, log])).not.toMatch(/sesame/);
});

test.each(['abc', '   a', 'x'.repeat(64 * 1024 + 1), 12_345_678 as unknown as string, ['sesame'] as unknown as string])(
  'a value that cannot be used is refused and not quoted (%#)',
  async (value) => {
    const { client, project } = await startApiOnly({ keyRing: ringOf(newKey()) });
    const error = await refusal(client.secrets.put.mutate({ project, name: 'a', value }));
    expect(error).toMatchObject({ code: 'INPUT_INVALID', details: { field: 'value' } });
    expect(JSON.stringify([error.message, error.details])).not.toContain(JSON.stringify(value).slice(1, -1));
  },
);

test('many who put the same secret at once all succeed, one version each', async () => {
  const keyRing = ringOf(newKey());
  const { client, project, store } = await startApiOnly({ keyRing });
  const put = (value: string) => client.secrets.put.mutate({ project, name: 'shared', value });
  const rows = await Promise.all(['one!', 'two!', 'three!', 'four!'].map(put));
  expect(rows.map(({ version }) => version).sort()).toEqual([1, 2, 3, 4]);
  expect(await storedSecrets(store.secrets, keyRing, () => 0)(project, 'shared')).toMatch(/!$/);
});

test('without a key that lasts nothing is stored', async () => {
  const { client, project } = await startApiOnly();
  const error = await refusal(client.secrets.put.mutate({ project, name: 'a', value: 'open sesame' }));
  expect(error).toMatchObject({ code: 'CONFIG_INVALID', details: { field: 'CARILLON_SECRET_KEY' } });
});

test('a new key takes over: the old one opens behind it, and is not needed after the rotation', async () => {
  const [old, fresh] = [newKey(), newKey()];
  const before = await startApiOnly({ keyRing: ringOf(old) });
  const { project, store } = before;
  for (const name of ['a', 'b', 'c']) {
    await before.client.secrets.put.mutate({ project, name, value: `value of ${name}` });
  }
  const both = ringOf(fresh, old);
  expect(await storedSecrets(store.secrets, both, () => 0)(project, 'a')).toBe('value of a');
  await expect(storedSecrets(store.secrets, ringOf(fresh), () => 0)(project, 'a')).rejects.toMatchObject({
    code: 'ENCRYPTION_KEY_UNKNOWN',
  });

  const after = await startApiOnly({ keyRing: both, project });
  let [cursor, rotated]: [string | undefined, number] = [undefined, 0];
  do {
    const part = await after.client.secrets.rotate.mutate({ limit: 2, cursor });
    // Other tests have secrets of keys of their own.
    expect(part.unreadable.filter((one) => one.project === project)).toEqual([]);
    rotated += part.rotated;
    cursor = part.nextCursor ?? undefined;
  } while (cursor);
  expect(rotated).toBe(3);
  const alone = storedSecrets(store.secrets, ringOf(fresh), () => 0);
  expect(await Promise.all(['a', 'b', 'c'].map((name) => alone(project, name)))).toEqual([
    'value of a',
    'value of b',
    'value of c',
  ]);
  const { items } = await after.client.secrets.list.query({ project });
  expect(items.map(({ version, keyId }) => [version, keyId])).toEqual(Array(3).fill([1, both.currentId]));
});

test('a seal that was moved to another name does not open', async () => {
  const keyRing = ringOf(newKey());
  const { client, project, store } = await startApiOnly({ keyRing });
  await client.secrets.put.mutate({ project, name: 'admin', value: 'of the admin' });
  const sealed = await store.secrets.sealed(project, 'admin');
  const moved = { sealed: async () => sealed && { ...sealed, name: 'mine' } };
  await expect(storedSecrets(moved, keyRing, () => 0)(project, 'mine')).rejects.toMatchObject({
    code: 'DECRYPTION_FAILED',
  });
});
