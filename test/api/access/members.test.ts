import { expect, it } from 'vitest';
import { MemberDirectory } from '../../../src/api/access/directory.js';
import { type Role, rights } from '../../../src/core/access.js';
import { refusal, startApiOnly } from '../api-only.js';
import { clientAs, TestCallers } from '../callers.js';

async function office() {
  const callers = new TestCallers();
  const api = await startApiOnly({ authenticators: [callers], patienceMs: 5000 });
  const { project, url } = api;
  const as = (name: string, role: Role, more = {}, place = project) =>
    clientAs(url, callers.add(name, { grants: [{ project: place, role, payloads: false }], ...more }));
  const instance = as('ines', 'owner', { kind: 'key' }, '*');
  return { ...api, callers, as, instance, owner: as('olga', 'owner'), admin: as('adam', 'admin') };
}

it('creates projects for who owns all of them, and brings them with the first job for others', async () => {
  const { project, instance, owner, admin } = await office();
  const name = `${project}-new`;
  const created = await instance.projects.create.mutate({ name, description: 'ours', quotas: { jobs: 3 } });
  expect(created).toMatchObject({ name, description: 'ours', createdBy: 'ines', quotas: { jobs: 3 }, role: 'owner' });
  expect((await refusal(instance.projects.create.mutate({ name }))).code).toBe('PROJECT_EXISTS');
  expect((await refusal(owner.projects.create.mutate({ name: `${name}-2` }))).code).toBe('FORBIDDEN');
  expect((await refusal(owner.projects.get.query({ project }))).code).toBe('PROJECT_NOT_FOUND');
  await owner.jobs.create.mutate({
    project,
    id: 'a',
    task: 'log',
    input: { message: 'hi' },
    schedule: { every: '1h' },
  });
  expect(await owner.projects.get.query({ project })).toMatchObject({ name: project, createdBy: 'olga', quotas: {} });
  const change = { project, description: 'with a bound', quotas: { runsPerDay: 9, payloadBytes: 1024 } };
  expect(await owner.projects.update.mutate(change)).toMatchObject({ quotas: { runsPerDay: 9, payloadBytes: 1024 } });
  const lifted = await owner.projects.update.mutate({ project, description: null, quotas: { runsPerDay: null } });
  expect(lifted.quotas).toEqual({ payloadBytes: 1024 });
  expect(lifted).not.toHaveProperty('description');
  expect((await refusal(admin.projects.update.mutate(change))).code).toBe('FORBIDDEN');
});

it('lets nobody give or take more than they have', async () => {
  const { project, owner, admin, as } = await office();
  const put = (client: typeof owner, subject: string, role: Role, payloads = false) =>
    client.members.put.mutate({ project, subject, role, payloads });
  expect(await put(owner, 'Olga@Example.com', 'owner', true)).toMatchObject({
    ...{ subject: 'olga@example.com', role: 'owner', payloads: true, addedBy: 'olga' },
  });
  expect(await put(admin, 'user:adam', 'admin')).toMatchObject({ role: 'admin', addedBy: 'adam' });
  expect(await put(admin, 'group:Data Team', 'developer')).toMatchObject({ role: 'developer' });
  const scopes = rights.filter((right) => right !== 'instance:manage');
  const limited = as('limited', 'owner', { kind: 'key', scopes }, '*');
  const refused = [
    put(admin, 'user:adam', 'owner'),
    put(admin, 'user:adam', 'admin', true),
    put(admin, 'olga@example.com', 'viewer'),
    admin.members.delete.mutate({ project, subject: 'olga@example.com' }),
    put(as('scoped', 'owner', { scopes: ['members:manage', 'jobs:read'] }), 'user:x', 'developer'),
    limited.members.put.mutate({ project: '*', subject: 'user:x', role: 'owner' }),
    admin.members.put.mutate({ project: '*', subject: 'user:adam', role: 'viewer' }),
    admin.members.list.query({ project: '*' }),
  ];
  const codes = (await Promise.all(refused.map(refusal))).map(({ code }) => code);
  expect(codes).toEqual([...Array(6).fill('FORBIDDEN'), 'PROJECT_NOT_FOUND', 'PROJECT_NOT_FOUND']);
  const first = await admin.members.list.query({ project, limit: 2 });
  expect(first.items.map(({ subject }) => subject)).toEqual(['group:Data Team', 'olga@example.com']);
  const rest = await admin.members.list.query({ project, limit: 2, cursor: first.nextCursor as string });
  expect(rest).toMatchObject({ items: [{ subject: 'user:adam' }], nextCursor: null });
  expect(await admin.members.delete.mutate({ project, subject: 'group:Data Team' })).toEqual({ deleted: true });
  const again = admin.members.delete.mutate({ project, subject: 'group:Data Team' });
  expect((await refusal(again)).code).toBe('MEMBER_NOT_FOUND');
  expect((await refusal(put(owner, 'somebody', 'viewer'))).code).toBe('INPUT_INVALID');
});

it('keeps an owner in a project, unless who owns all of them says otherwise', async () => {
  const { project, owner, instance } = await office();
  const subject = 'user:olga';
  await owner.members.put.mutate({ project, subject, role: 'owner' });
  const refused = await refusal(owner.members.delete.mutate({ project, subject }));
  expect(refused).toMatchObject({ code: 'FORBIDDEN', details: { hint: 'Make somebody else an owner first.' } });
  expect(await instance.members.delete.mutate({ project, subject })).toEqual({ deleted: true });
});

it('knows a member by any subject at once after a change, and elsewhere within 5 s', async () => {
  const { project, owner, store } = await office();
  let now = 0;
  const elsewhere = new MemberDirectory(store.members, () => now);
  const subjects = ['user:1', `Mia@${project}.example`, `group:${project}`];
  const subject = subjects[1] as string;
  expect(await elsewhere.grantsOf(subjects)).toEqual([]);
  await owner.members.put.mutate({ project, subject, role: 'operator', payloads: true });
  expect(await elsewhere.grantsOf(subjects)).toEqual([]);
  now += 5000;
  expect(await elsewhere.grantsOf(subjects)).toEqual([{ project, role: 'operator', payloads: true }]);
  await owner.members.delete.mutate({ project, subject });
  expect(await elsewhere.grantsOf(subjects)).toHaveLength(1);
  now += 5000;
  expect(await elsewhere.grantsOf(subjects)).toEqual([]);
});

it('tells who does not say who they are whether it works, and not where it is', async () => {
  const { url, owner } = await office();
  const response = await fetch(`${url}/trpc/system.health`);
  const { result } = (await response.json()) as { result: { data: object } };
  expect(result.data).toMatchObject({ temporal: { ok: true }, store: { ok: true } });
  expect(JSON.stringify(result)).not.toMatch(/address|namespace|127\.0\.0\.1/);
  expect((await owner.system.health.query()).temporal).toMatchObject({ namespace: 'default' });
});
