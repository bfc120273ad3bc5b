import { createHash } from 'node:crypto';
import pg from 'pg';
import { expect, inject, it, onTestFinished } from 'vitest';
import { makeApiKey } from '../../src/api/auth/api-key.js';
import { createCarillonClient } from '../../src/api/client/client.js';
import { KeyRing } from '../../src/keyring/key-ring.js';
import { createStore, type Store } from '../../src/store/store.js';
import { deadDatabase, refusal } from './api-only.js';
import { startApiWithKeys } from './api-with-keys.js';

const start = Date.parse('2026-11-21T09:00:00Z');
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

/** A clock that stands until it is set. */
function clock() {
  let time = start;
  return {
    now: () => time,
    pass: (ms: number) => {
      time += ms;
    },
  };
}

/** What a call with these headers is answered with. */
async function ask(
  url: string,
  headers: Record<string, string>,
  query = '',
): Promise<{ status: number; text: string }> {
  const response = await fetch(`${url}/trpc/tasks.list?${query}`, { headers });
  return { status: response.status, text: await response.text() };
}

it('a key is shown once, and opens what its role allows', async () => {
  const { client, make, with: as, project, url } = await startApiWithKeys();
  const made = await make({ name: 'nightly', expiresAt: '2099-01-01T00:00:00Z', scopes: ['jobs:read'] });
  expect(made).toMatchObject({
    ...{ project, name: 'nightly', state: 'active', role: 'viewer', payloads: false, owns: ['nightly'] },
    ...{ prefix: made.key.slice(0, 12), scopes: ['jobs:read'], createdBy: 'admin', expiresAt: '2099-01-01T00:00:00Z' },
  });
  const { key, ...shown } = made;
  expect(await client.keys.get.query({ project, id: made.id })).toEqual(shown);
  expect((await client.keys.list.query({ project })).items).toEqual([shown]);
  expect((await as(key).jobs.list.query({ project })).items).toEqual([]);
  expect((await ask(url, { 'x-api-key': key })).status).toBe(200);
  expect(await refusal(as(key).keys.list.query({ project }))).toMatchObject({ code: 'FORBIDDEN' });
  expect(await refusal(as(key).jobs.list.query({ project: 'default' }))).toMatchObject({ code: 'PROJECT_NOT_FOUND' });
});

it('lists keys page by page, and only the usable ones on request', async () => {
  const { now, pass } = clock();
  const { client, make, project } = await startApiWithKeys({ now });
  const made: Awaited<ReturnType<typeof make>>[] = [];
  for (const name of ['a', 'b', 'c']) {
    made.push(await make({ name, expiresAt: name === 'a' ? '2026-11-21T09:01:00Z' : undefined }));
    pass(1000);
  }
  await client.keys.revoke.mutate({ project, id: made[1]?.id ?? '' });
  pass(60_000);
  const first = await client.keys.list.query({ project, limit: 2 });
  const rest = await client.keys.list.query({ project, limit: 2, cursor: first.nextCursor ?? '' });
  const states = [...first.items, ...rest.items].map(({ name, state }) => `${name} ${state}`);
  expect(states).toEqual(['c active', 'b revoked', 'a expired']);
  expect(rest.nextCursor).toBeNull();
  const usable = await client.keys.list.query({ project, usable: true });
  expect(usable.items.map(({ name }) => name)).toEqual(['c']);
  const other = client.keys.list.query({ project, usable: true, cursor: first.nextCursor ?? '' });
  expect(await refusal(other)).toMatchObject({ code: 'CURSOR_INVALID' });
});

it('without a good key nothing is answered, and no answer says more than that', async () => {
  const { url, make, adminKey } = await startApiWithKeys();
  const { key } = await make();
  const foreign = (await startApiWithKeys({ keyRing: KeyRing.random() })).adminKey;
  const bad = {
    'another checksum': key.slice(0, -1) + (key.endsWith('a') ? 'b' : 'a'),
    'cut off': key.slice(0, -1),
    'in another case': key.toUpperCase().replace('CAR_', 'car_'),
    'with more behind': `${key}0`,
    'only its beginning': key.slice(0, 12),
    'nothing but the prefix': 'car_',
    'unknown, with a good checksum': makeApiKey(),
    'of another installation': foreign,
    'its hash': createHash('sha256').update(key).digest('hex'),
    'an id': 'key:1',
  };
  for (const [what, text] of Object.entries(bad)) {
    for (const headers of [bearer(text), { 'x-api-key': text }]) {
      const { status, text: answer } = await ask(url, headers as Record<string, string>);
      expect(status, what).toBe(401);
      for (const known of [key, adminKey, text.length > 20 ? text : key])
        expect(answer).not.toContain(known.slice(4, 20));
    }
  }
  for (const [headers, query] of [
    [{}, ''],
    [{ authorization: key }, ''],
    [{ authorization: `Basic ${Buffer.from(`x:${key}`).toString('base64')}` }, ''],
    [{ ...bearer(key), 'x-api-key': key }, ''],
    [{ cookie: `api_key=${key}` }, ''],
    [{}, `api_key=${key}&access_token=${key}&key=${key}&authorization=Bearer%20${key}`],
  ] as [Record<string, string>, string][]) {
    expect((await ask(url, headers, query)).status, JSON.stringify([headers, query])).toBe(401);
  }
  expect((await ask(url, bearer(key))).status).toBe(200);
  expect((await ask(url, { authorization: `bearer   ${key} ` })).status).toBe(200);
});

it('what is no key costs the database nothing, and many requests of one moment a single look', async () => {
  const store = createStore({ url: inject('databaseUrl') });
  onTestFinished(() => store.close());
  let looks = 0;
  const counting: Store = {
    ...store,
    keys: {
      ...store.keys,
      find: (macs) => {
        looks += 1;
        return store.keys.find(macs);
      },
    },
  };
  const { url, adminKey, make } = await startApiWithKeys({ store: counting });
  const { key } = await make();
  looks = 0;
  for (const text of ['car_', key.slice(0, -1), adminKey.toUpperCase()]) await ask(url, { 'x-api-key': text });
  expect(looks).toBe(0);
  await Promise.all(Array.from({ length: 20 }, () => ask(url, bearer(key))));
  expect(looks).toBe(1);
});

it('a revoked and an expired key are refused within 5 s by every process', async () => {
  const { now, pass } = clock();
  const keyRing = KeyRing.random();
  const one = await startApiWithKeys({ now, keyRing });
  const other = await startApiWithKeys({ now, keyRing, adminKey: one.adminKey, project: one.project });
  const { key, id } = await one.make();
  const short = await one.make({ expiresAt: '2026-11-21T09:00:10Z' });
  const both = (good: string) =>
    Promise.all([one, other].map(async ({ url }) => (await ask(url, bearer(good))).status));
  expect([await both(key), await both(short.key)]).toEqual([
    [200, 200],
    [200, 200],
  ]);

  const revoked = await one.client.keys.revoke.mutate({ project: one.project, id });
  expect(revoked).toMatchObject({ state: 'revoked', revokedBy: 'admin', revokedAt: '2026-11-21T09:00:00Z' });
  pass(5000);
  expect(await both(key)).toEqual([401, 401]);
  pass(3000);
  expect(await both(short.key)).toEqual([200, 200]);
  // Remembered as good for 3 s more, were it not for its own end.
  pass(2000);
  expect(await both(short.key)).toEqual([401, 401]);
  const { revokedAt, revokedBy } = revoked;
  pass(1000);
  expect(await one.client.keys.revoke.mutate({ project: one.project, id })).toMatchObject({ revokedAt, revokedBy });
});

it('the database away is no refusal: 503, and a key that was good a moment ago still is', async () => {
  const store = createStore({ url: inject('databaseUrl') });
  const dead = createStore({ url: deadDatabase });
  onTestFinished(() => Promise.all([store.close(), dead.close()]).then(() => {}));
  let keys = store.keys;
  const failing: Store = {
    ...store,
    get keys() {
      return { ...store.keys, find: (macs: string[]) => keys.find(macs) };
    },
  };
  const { now, pass } = clock();
  const { url, make } = await startApiWithKeys({ store: failing, now });
  const { key } = await make();
  expect((await ask(url, bearer(key))).status).toBe(200);
  keys = dead.keys;
  pass(4999);
  expect((await ask(url, bearer(key))).status).toBe(200);
  pass(1);
  const { status, text } = await ask(url, bearer(key));
  expect([status, JSON.parse(text).error.data.carillon.code]).toEqual([503, 'STORE_UNAVAILABLE']);
  keys = store.keys;
  expect((await ask(url, bearer(key))).status).toBe(200);
});

it('notes when a key was used last, once a minute, and knows it after the secret key was changed', async () => {
  const { now, pass } = clock();
  const [before, after] = [0, 1].map(() => Buffer.from(KeyRing.random().mac('cursor', 'x')).toString('base64'));
  const keyRing = KeyRing.parse(before as string, 'x');
  const first = await startApiWithKeys({ now, keyRing });
  const { project, client } = first;
  const { key, id } = await first.make();
  const used = async () => (await client.keys.get.query({ project, id })).lastUsedAt;
  await ask(first.url, bearer(key));
  await first.apiKeys.close();
  expect(await used()).toBe('2026-11-21T09:00:00Z');
  pass(30_000);
  await ask(first.url, bearer(key));
  await first.apiKeys.close();
  expect(await used()).toBe('2026-11-21T09:00:00Z');

  pass(40_000);
  const both = await startApiWithKeys({ now, keyRing: KeyRing.parse(`${after},${before}`, 'x'), project });
  expect((await ask(both.url, bearer(key))).status).toBe(200);
  await both.apiKeys.close();
  expect(await used()).toBe('2026-11-21T09:01:10Z');
  const alone = await startApiWithKeys({ now, keyRing: KeyRing.parse(after as string, 'x'), project });
  expect((await ask(alone.url, bearer(key))).status).toBe(200);
});

it('the admin key is put into the table once, however many processes come with it, and stays revoked', async () => {
  const keyRing = KeyRing.random();
  const adminKey = makeApiKey();
  const apis = await Promise.all([0, 1, 2].map(() => startApiWithKeys({ keyRing, adminKey })));
  const pages = await Promise.all(apis.map(({ client }) => client.keys.list.query({ project: '*', limit: 500 })));
  const ours = pages[0]?.items.filter(({ prefix }) => prefix === adminKey.slice(0, 12)) ?? [];
  expect(ours).toMatchObject([{ role: 'owner', payloads: true, createdBy: 'CARILLON_ADMIN_KEY' }]);
  await apis[0]?.client.keys.revoke.mutate({ project: '*', id: ours[0]?.id ?? '' });
  const later = await startApiWithKeys({ keyRing, adminKey });
  expect((await ask(later.url, bearer(adminKey))).status).toBe(401);
});

it('makes nobody mightier: what is beyond the maker is refused, to give and to revoke', async () => {
  const { make, with: as, project, client } = await startApiWithKeys();
  const admin = as((await make({ role: 'admin' })).key);
  const scoped = as((await make({ role: 'admin', scopes: ['keys:manage', 'jobs:read'] })).key);
  const owner = await make({ role: 'owner', payloads: true });
  const key = { project, name: 'more' };
  for (const [who, more] of [
    [admin, { ...key, role: 'owner' }],
    [admin, { ...key, role: 'viewer', payloads: true }],
    [scoped, { ...key, role: 'operator' }],
    [scoped, { ...key, role: 'admin', scopes: ['members:manage'] }],
  ] as const) {
    const create = who.keys.create.mutate as (input: unknown) => Promise<unknown>;
    expect(await refusal(create(more)), JSON.stringify(more)).toMatchObject({ code: 'FORBIDDEN' });
  }
  for (const foreign of ['*', 'default']) {
    const elsewhere = admin.keys.create.mutate({ ...key, role: 'viewer', project: foreign });
    expect(await refusal(elsewhere)).toMatchObject({ code: 'PROJECT_NOT_FOUND' });
  }
  expect(await refusal(admin.keys.revoke.mutate({ project, id: owner.id }))).toMatchObject({ code: 'FORBIDDEN' });
  expect(await admin.keys.create.mutate({ ...key, role: 'admin' })).toMatchObject({
    role: 'admin',
    createdBy: 'robot',
  });
  const another = await startApiWithKeys();
  const theirs = await another.make();
  for (const call of [client.keys.get.query, client.keys.revoke.mutate])
    expect(await refusal(call({ project, id: theirs.id }))).toMatchObject({ code: 'KEY_NOT_FOUND' });
});

it('refuses a key that makes no sense, and names the field', async () => {
  const { make } = await startApiWithKeys();
  for (const [changes, field] of [
    [{ expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
    [{ scopes: ['jobs:write'] }, 'scopes'],
    [{ scopes: ['payloads:read'] }, 'scopes'],
    [{ role: 'owner', scopes: ['instance:manage'] }, 'scopes'],
    [{ scopes: ['jobs:fly'] }, 'scopes.0'],
    [{ name: '' }, 'name'],
    [{ owns: [] }, 'owns'],
    [{ role: 'king' }, 'role'],
  ] as const) {
    const wrong = make(changes as object);
    expect(await refusal(wrong), field).toMatchObject({ code: 'INPUT_INVALID', details: { field } });
  }
});

it('the key itself is nowhere: not in the database, not in the log', async () => {
  const { make, log, url, adminKey, client, project } = await startApiWithKeys();
  const { key, id } = await make();
  await ask(url, bearer(key));
  await ask(url, bearer(`${key}x`));
  await client.keys.revoke.mutate({ project, id });
  const database = new pg.Client({ connectionString: inject('databaseUrl') });
  await database.connect();
  onTestFinished(() => database.end());
  const { rows } = await database.query('select api_keys::text as row from api_keys');
  const kept = JSON.stringify([rows, log]);
  expect(kept).toContain(key.slice(0, 12));
  for (const one of [key, adminKey]) expect(kept).not.toContain(one.slice(4, 20));
  expect(kept).not.toContain(createHash('sha256').update(key).digest('hex'));
});

it('follows a stream with a key, and not without', async () => {
  const { url, project, make } = await startApiWithKeys();
  const { key } = await make({ payloads: true });
  const follow = (apiKey?: string) =>
    new Promise<string>((resolve) => {
      const client = createCarillonClient({ url, apiKey });
      client.runs.followLogs.subscribe(
        { project, runId: 'none@2026-11-21T09:00:00Z' },
        {
          onError: (error) => resolve(error.data?.carillon.code ?? error.message),
        },
      );
    });
  expect(await follow()).toBe('UNAUTHENTICATED');
  expect(await follow(key)).toBe('RUN_NOT_FOUND');
});
