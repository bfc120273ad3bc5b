import { sql } from 'kysely';
import { expect, inject, test, vi } from 'vitest';
import type { Caller } from '../../src/api/access/caller.js';
import { AuditTrail } from '../../src/api/audit/trail.js';
import type { Authenticator } from '../../src/api/auth/authenticator.js';
import { KeyRing } from '../../src/keyring/key-ring.js';
import { connect } from '../../src/store/connection.js';
import type { AuditEntry } from '../../src/store/store.js';
import { deadDatabase, refusal, startApiOnly } from './api-only.js';

const canary = 'CANARY-4711';
const job = { task: 'log', input: { message: canary }, schedule: { every: '1d' }, owner: 'ada' };

/** Who sends `x-project` is an admin of it, by a key. */
const byHeader: Authenticator = {
  async authenticate({ headers }): Promise<Caller | undefined> {
    const project = headers['x-project'];
    if (typeof project !== 'string') return undefined;
    const role = headers['x-role'] === 'viewer' ? 'viewer' : 'admin';
    return { kind: 'key', id: 'key:k1', name: 'robot', owns: [], grants: [{ project, role, payloads: false }] };
  },
};

/** The entries of a project, oldest first, once there are so many. */
function entriesOf(list: () => Promise<{ items: AuditEntry[] }>, count: number): Promise<AuditEntry[]> {
  return vi.waitFor(
    async () => {
      const { items } = await list();
      if (items.length < count) throw new Error(`Got ${items.length} entries.`);
      return items.toReversed();
    },
    { timeout: 5000, interval: 30 },
  );
}

test('changes are recorded with what was before and what is since, without inputs', async () => {
  const { client, project, store } = await startApiOnly({ keyRing: KeyRing.parse(`${'A'.repeat(43)}=`, 'test') });
  await client.jobs.create.mutate({ ...job, project, id: 'nightly' });
  await client.calendars.put.mutate({ project, name: 'holidays', rules: [{ yearly: '12-25' }] });
  await client.calendars.put.mutate({ project, name: 'holidays', rules: [{ yearly: '12-25' }] });
  await client.calendars.put.mutate({ project, name: 'holidays', rules: [{ yearly: '12-26' }] });
  await client.secrets.put.mutate({ project, name: 'token', value: canary });
  await client.jobs.validate.mutate({ ...job, project, id: 'other' });
  await client.jobs.get.query({ project, id: 'nightly' });
  await refusal(client.jobs.pause.mutate({ project, id: 'nowhere' }));
  await client.calendars.delete.mutate({ project, name: 'holidays' });

  const entries = await entriesOf(() => client.audit.list.query({ project }) as never, 5);
  expect(entries.map(({ action, target, outcome }) => [action, target, outcome])).toEqual([
    ['jobs.create', 'nightly', 'done'],
    ['calendars.put', 'holidays', 'done'],
    ['calendars.put', 'holidays', 'done'],
    ['secrets.put', 'token', 'done'],
    ['calendars.delete', 'holidays', 'done'],
  ]);
  const [created, , changed, secret, deleted] = entries;
  expect(created).toMatchObject({
    project,
    caller: { kind: 'open', id: 'open', name: 'anonymous' },
    address: '127.0.0.1',
    after: { state: 'scheduled', definitionVersion: 1, owner: 'ada', definition: { task: 'log' } },
  });
  expect(created?.requestId).toMatch(/^\w{12}$/);
  expect(changed).toMatchObject({
    before: { revision: 1, rules: [{ yearly: '12-25' }] },
    after: { revision: 2, rules: [{ yearly: '12-26' }] },
  });
  expect(secret?.after).toMatchObject({ name: 'token', version: 1 });
  expect(deleted).toMatchObject({ before: { revision: 2 }, after: { deleted: true } });
  expect(JSON.stringify(entries)).not.toContain(canary);

  const one = await client.audit.list.query({ project, action: 'calendars.put', limit: 1 });
  expect(one.items).toHaveLength(1);
  const next = await client.audit.list.query({
    ...{ project, action: 'calendars.put', limit: 1, cursor: one.nextCursor ?? undefined },
  });
  expect(next.items.map(({ after }) => (after as { revision: number }).revision)).toEqual([1]);
  expect(next.nextCursor).toBeNull();
  const nobody = await client.audit.list.query({ project, caller: 'key:none' });
  expect(nobody.items).toEqual([]);
  expect((await store.audit.list({ target: 'token', project }, { limit: 5 })).items).toHaveLength(1);
});

test('refusals are recorded: without credentials, without the right, in a project of others', async () => {
  const { url, project, store } = await startApiOnly({ authenticators: [byHeader] });
  const list = () => store.audit.list({ project }, { limit: 50 });
  const strange = { 'content-type': 'application/json', 'x-project': 'elsewhere' };
  const post = (path: string, headers: Record<string, string>, body: object) =>
    fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  const pause = { project, id: 'nightly' };
  expect((await post('/trpc/jobs.pause', { 'content-type': 'application/json' }, pause)).status).toBe(401);
  expect((await post('/trpc/jobs.pause', strange, pause)).status).toBe(404);
  const viewer = { ...strange, 'x-project': project, 'x-role': 'viewer' };
  expect((await post('/trpc/jobs.pause', viewer, pause)).status).toBe(403);
  expect((await post('/codec/decode', { ...strange, 'x-project': project }, { payloads: [] })).status).toBe(403);
  expect((await post('/codec/decode', {}, {})).status).toBe(401);

  const entries = await entriesOf(list, 3);
  expect(entries.map(({ outcome, caller }) => [outcome, caller.id])).toEqual([
    ['UNAUTHENTICATED', 'nobody'],
    ['PROJECT_NOT_FOUND', 'key:k1'],
    ['FORBIDDEN', 'key:k1'],
  ]);
  expect(entries[2]).toMatchObject({ action: 'jobs.pause', target: 'nightly', keyId: 'k1' });
  const elsewhere = await entriesOf(() => store.audit.list({ action: 'POST /codec/decode' }, { limit: 2 }), 2);
  expect(elsewhere.map(({ outcome, project: of }) => [outcome, of])).toEqual([
    ['FORBIDDEN', undefined],
    ['UNAUTHENTICATED', undefined],
  ]);
});

test.each(['update audit set outcome = outcome', 'delete from audit where false', 'truncate audit'])(
  'the table takes no %s',
  async (statement) => {
    const connection = connect({ url: inject('databaseUrl'), poolSize: 1, timeoutMs: 5000 });
    try {
      await expect(sql.raw(statement).execute(connection.db)).rejects.toThrow(/append-only/);
    } finally {
      await connection.close();
    }
  },
);

const entry = (id: string): AuditEntry => ({
  ...{ id, at: '2026-11-21T00:00:00.000Z', address: '::1', requestId: 'r', action: 'a', outcome: 'done' },
  caller: { kind: 'open', id: 'open', name: 'anonymous' },
});

test('entries wait while the database is away, and are told to the log beyond their bound', async () => {
  const lines: unknown[] = [];
  const written: string[] = [];
  let away = true;
  const trail = new AuditTrail({
    mostWaiting: 2,
    log: (_level, _message, fields) => lines.push(fields),
    audit: {
      async append(entries) {
        if (away) throw new Error('away');
        written.push(...entries.map(({ id }) => id));
      },
    },
  });
  for (const id of ['a', 'b', 'c']) trail.record(entry(id));
  expect(lines).toEqual([{ audit: entry('c') }]);
  await vi.waitFor(() => expect(lines).toContainEqual({ waiting: 2, error: 'Error: away' }));
  away = false;
  await vi.waitFor(() => expect(written).toEqual(['a', 'b']), { timeout: 3000 });
  trail.record(entry('d'));
  await trail.close();
  expect(written).toEqual(['a', 'b', 'd']);
});

test('what is left at the end goes to the log', async () => {
  const lines: unknown[] = [];
  const trail = new AuditTrail({
    log: (_level, _message, fields) => lines.push(fields),
    audit: { append: async () => Promise.reject(new Error('away')) },
  });
  trail.record(entry('a'));
  await trail.close();
  expect(lines.at(-1)).toEqual({ audit: entry('a') });
});

test('a change neither fails nor waits for an audit that cannot be written', async () => {
  const { client, project } = await startApiOnly({ databaseUrl: deadDatabase });
  const created = await client.jobs.create.mutate({ ...job, project, id: 'nightly' });
  expect(created.id).toBe('nightly');
});
