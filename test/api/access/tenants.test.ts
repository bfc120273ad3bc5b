import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { createRouter, type ProcedurePath } from '../../../src/api/router.js';
import { KeyRing } from '../../../src/keyring/key-ring.js';
import { type ApiOnly, startApiOnly } from '../api-only.js';
import { clientAs, headersOf, TestCallers } from '../callers.js';
import { backfillOf, placeJob, runOf, secret } from './tenant.js';

const keyRing = KeyRing.parse(randomBytes(32).toString('base64'), 'X');
const procedures = createRouter()._def.procedures as unknown as Record<ProcedurePath, { _def: { type: string } }>;

/** What a tenant has, by the names one would have to guess. */
interface Names {
  job: string;
  calendar: string;
  member: string;
  secret: string;
  /** Made by the API; those guessed are as long. */
  key: string;
  operation: string;
}
const theirs: Names = {
  ...{ job: 'payroll-job', calendar: 'payroll-days', member: 'user:payroll-clerk', secret: 'payroll-token' },
  ...{ key: '', operation: '' },
};
const guessed: Names = {
  ...{ job: 'nobody-job', calendar: 'nobody-days', member: 'user:nobody-at-all', secret: 'nobody-token' },
  ...{ key: 'abcdefghijkl', operation: 'mnopqrstuvwx' },
};

/** A good input for every procedure that is about a project: what it names is all that can go wrong. */
function inputs(
  project: string,
  { job, calendar, member, secret, key, operation }: Names,
): Partial<Record<ProcedurePath, object>> {
  const of = { project, id: job };
  const run = { project, runId: runOf(job) };
  const fill = { project, id: backfillOf(job) };
  const definition = { task: 'log', schedule: { every: '1h' }, input: { message: 'hi' } };
  const list = { project, limit: 5 };
  return {
    'jobs.get': of,
    'jobs.source': of,
    'jobs.versions': of,
    'jobs.version': { ...of, version: 1 },
    'jobs.status': of,
    'jobs.next': of,
    'jobs.list': list,
    'jobs.update': { ...of, ...definition },
    'jobs.rollback': { ...of, version: 1 },
    'jobs.reschedule': { ...of, schedule: { every: '2h' } },
    'jobs.pause': of,
    'jobs.resume': of,
    'jobs.cancel': of,
    'jobs.trigger': of,
    'calendars.get': { project, name: calendar },
    'calendars.delete': { project, name: calendar },
    'calendars.list': list,
    'backfills.create': { project, jobId: job, from: '2026-11-21T00:00:00Z', to: '2026-11-21T01:00:00Z', dryRun: true },
    'backfills.get': fill,
    'backfills.pause': fill,
    'backfills.resume': fill,
    'backfills.cancel': fill,
    'backfills.list': { ...list, jobId: job },
    'runs.get': run,
    'runs.list': { ...list, jobId: job },
    'runs.deadLetters': { ...list, jobId: job },
    'runs.redrive': { project, jobId: job, dryRun: true },
    'runs.cancel': run,
    'runs.retry': run,
    'runs.dismiss': run,
    'runs.logs': run,
    'runs.result': run,
    'schedules.preview': { project, schedule: { cron: '0 9 * * *', exclude: { calendars: [calendar] } }, id: job },
    'jobs.count': list,
    'jobs.patch': { ...of, patch: { description: 'mine now' } },
    'jobs.delete': of,
    'operations.create': { project, action: 'pause', filter: { text: job }, dryRun: true },
    'operations.get': { project, id: operation },
    'operations.cancel': { project, id: operation },
    'operations.list': list,
    'keys.create': { project, name: 'mine', role: 'viewer' },
    'keys.get': { project, id: key },
    'keys.revoke': { project, id: key },
    'keys.list': list,
    'secrets.delete': { project, name: secret },
    'secrets.list': list,
    'audit.list': { ...list, target: job },
    'projects.get': { project },
    'projects.update': { project, description: 'mine now' },
    'members.list': list,
    'members.put': { project, subject: member, role: 'viewer' },
    'members.delete': { project, subject: member },
    // Last: with these the ids come to be.
    'jobs.validate': { ...of, ...definition },
    'calendars.put': { project, name: calendar, rules: [{ yearly: '12-25' }], ifRevision: 7 },
    'jobs.ensure': { ...of, ...definition },
    'jobs.create': { ...of, ...definition },
    'secrets.put': { project, name: secret, value: 'mine-now' },
  };
}
/** About all of them, or the caller's own by construction. `runs.followLogs` is the stream of `runs.logs`. */
const ofNobody = [
  ...['tasks.list', 'tasks.get', 'system.health', 'projects.list', 'projects.create', 'runs.followLogs'],
  // The stream of what lists show; events are tried below.
  ...['events.follow', 'secrets.rotate', 'audit.listAll'],
];

async function landlord() {
  const callers = new TestCallers();
  const api = await startApiOnly({ authenticators: [callers], keyRing, patienceMs: 5000, storeTimeoutMs: 20_000 });
  const { project: mine, store } = api;
  const other = `${mine}-b`;
  const grants = [{ project: mine, role: 'owner', payloads: true } as const];
  callers.add('anna', { grants });
  callers.add('bert', { grants: [{ project: other, role: 'owner', payloads: true }] });
  const { job, calendar: name, member: subject } = theirs;
  await placeJob(store, other, job, 'bert');
  await placeJob(store, other, `${job}-2`, 'bert');
  const at = '2026-11-21T09:00:00Z';
  await store.projects.ensure({ name: other, createdAt: at });
  await store.calendars.put({ project: other, name, calendar: { rules: [{ yearly: '12-24' }] }, updatedAt: at });
  await store.members.put({ project: other, subject, role: 'viewer', payloads: false, addedAt: at }, 'keep');
  const bert = clientAs(api.url, 'bert');
  await bert.secrets.put.mutate({ project: other, name: theirs.secret, value: secret });
  theirs.key = (await bert.keys.create.mutate({ project: other, name: 'robot', role: 'viewer' })).id;
  const { operation } = await bert.operations.create.mutate({
    project: other,
    action: 'pause',
    filter: { text: 'x-' },
  });
  theirs.operation = operation?.id ?? '';
  return { ...api, mine, other };
}

/** What anna gets, with the names she sent taken out, and what tells one request from another. */
async function answer({ url }: ApiOnly, path: string, input: object, sent: Record<string, string>): Promise<string> {
  const response = await fetch(`${url}/trpc/${path}`, {
    method: 'POST',
    headers: { ...headersOf('anna'), 'content-type': 'application/json' },
    body: JSON.stringify(input),
  });
  const text = (await response.text())
    .replaceAll(/"requestId":"\w+"/g, '')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'T');
  const plain = Object.entries(sent).reduce((before, [name, value]) => before.replaceAll(value, name), text);
  return `${response.status} ${plain}`;
}

it('has an input for every procedure that is about a project', () => {
  const known = [...Object.keys(inputs('a', theirs)), ...ofNobody];
  expect(known.sort()).toEqual(Object.keys(procedures).sort());
});

it('answers the same for a project of another tenant and for one that does not exist', async () => {
  const api = await landlord();
  for (const path of Object.keys(procedures).filter((one) => !ofNobody.includes(one)) as ProcedurePath[]) {
    const real = await answer(api, path, inputs(api.other, theirs)[path] ?? {}, { PROJECT: api.other });
    const none = await answer(api, path, inputs('no-such-one', guessed)[path] ?? {}, { PROJECT: 'no-such-one' });
    expect(real, path).toMatch(/^404 .*"code":"PROJECT_NOT_FOUND"/);
    expect(real, path).toBe(none);
  }
});

it('answers the same for ids of another tenant and for ids that do not exist', async () => {
  const api = await landlord();
  const hers = inputs(api.mine, theirs);
  for (const path of Object.keys(hers) as ProcedurePath[]) {
    const real = await answer(api, path, hers[path] ?? {}, theirsAs(theirs));
    const none = await answer(api, path, inputs(api.mine, guessed)[path] ?? {}, theirsAs(guessed));
    expect(real, path).not.toContain(secret);
    expect(real, path).not.toContain(api.other);
    // What is made of the definition is drawn from the id, the digest is not; a key is like no other.
    if (!['jobs.ensure', 'jobs.create', 'keys.create'].includes(path)) expect(real, path).toBe(none);
  }
});

function theirsAs({ job, calendar, member, secret, key, operation }: Names): Record<string, string> {
  return { JOB: job, CALENDAR: calendar, MEMBER: member, SECRET: secret, KEY: key, OPERATION: operation };
}

it('shows in lists, batches and pages nothing of another tenant', async () => {
  const api = await landlord();
  const { mine, other, url } = api;
  const [anna, bert] = [clientAs(url, 'anna'), clientAs(url, 'bert')];
  const { items, nextCursor } = await bert.jobs.list.query({ project: other, limit: 1 });
  expect(items).toHaveLength(1);
  const cursor = nextCursor as string;
  await expect(anna.jobs.list.query({ project: mine, limit: 1, cursor })).rejects.toThrow(/cursor/);
  const names = ['jobs.list', 'jobs.list', 'runs.list'];
  const body = JSON.stringify({ 0: { project: mine }, 1: { project: other, cursor }, 2: { project: mine } });
  const headers = { ...headersOf('anna'), 'content-type': 'application/json' };
  const batch = await fetch(`${url}/trpc/${names.join(',')}?batch=1`, { method: 'POST', headers, body });
  const answers = (await batch.json()) as object[];
  const empty = { result: { data: { items: [], nextCursor: null } } };
  expect(answers).toMatchObject([empty, { error: { data: { carillon: { code: 'PROJECT_NOT_FOUND' } } } }, empty]);
  expect((await anna.projects.list.query()).items.map(({ name }) => name)).not.toContain(other);
  expect((await bert.projects.list.query()).items).toMatchObject([{ name: other, role: 'owner', payloads: true }]);
});
