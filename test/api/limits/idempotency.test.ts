import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { KeyRing } from '../../../src/keyring/key-ring.js';
import { createStore, type Store } from '../../../src/store/store.js';
import { deadDatabase, startApiOnly } from '../api-only.js';

interface Answer {
  status: number;
  body: string;
  replayed: string | null;
  type: string | null;
  retryAfter: string | null;
}

async function post(url: string, path: string, input: unknown, key: string, method = 'POST'): Promise<Answer> {
  const body = method === 'GET' ? undefined : JSON.stringify(input);
  const headers = { 'content-type': 'application/json', 'idempotency-key': key };
  const response = await fetch(`${url}/trpc/${path}`, { method, body, headers });
  return {
    status: response.status,
    body: await response.text(),
    replayed: response.headers.get('idempotent-replayed'),
    type: response.headers.get('content-type'),
    retryAfter: response.headers.get('retry-after'),
  };
}

const log = (project: string, message = 'hello') => ({
  ...{ project, task: 'log', input: { message }, schedule: { every: '1h' } },
});
const codeOf = ({ body }: Answer) => JSON.parse(body).error.data.carillon.code;

describe('Idempotency-Key', () => {
  it('of 100 requests at once creates one job, and all get the same answer', async () => {
    // Patient, for a busy machine: it is not how quick the database is that is tested.
    const store = createStore({ url: inject('databaseUrl'), timeoutMs: 20_000 });
    onTestFinished(() => store.close());
    const { url, client, project } = await startApiOnly({ server: { store } });
    const key = randomUUID();
    const untilAnswered = async (): Promise<Answer> => {
      const answer = await post(url, 'jobs.create', log(project), key);
      return answer.retryAfter === null ? answer : untilAnswered();
    };
    const answers = await Promise.all(Array.from({ length: 100 }, untilAnswered));
    expect(new Set(answers.map(({ status, body, type }) => `${status} ${type} ${body}`)).size).toBe(1);
    expect(answers[0]?.status).toBe(200);
    expect(answers.filter(({ replayed }) => replayed === 'true')).toHaveLength(99);
    const { items } = await client.jobs.list.query({ project });
    expect(items.map(({ id }) => id)).toEqual([JSON.parse(answers[0]?.body ?? '').result.data.id]);
  });

  it('is known to other APIs with the same key ring, whatever the order of the fields', async () => {
    const server = { keyRing: KeyRing.random() };
    const one = await startApiOnly({ server });
    const { project, ...rest } = log(one.project);
    const [other, stranger] = [await startApiOnly({ server }), await startApiOnly()];
    const key = randomUUID();
    const answers = await Promise.all([
      post(one.url, 'jobs.create', { project, ...rest }, key),
      post(other.url, 'jobs.create', { ...rest, project }, key),
    ]);
    expect(answers[1]?.body).toBe(answers[0]?.body);
    expect(answers.filter(({ replayed }) => replayed === 'true')).toHaveLength(1);
    // Who cannot read the answer that was kept carries the request out anew, and finds the job.
    const anew = await post(stranger.url, 'jobs.create', { ...rest, project }, key);
    expect(anew.replayed).toBeNull();
    expect(JSON.parse(anew.body).result.data.id).toBe(JSON.parse(answers[0]?.body ?? '').result.data.id);
  });

  it('with another body or path is refused, and means nothing in another project', async () => {
    const { url, project } = await startApiOnly();
    const key = randomUUID();
    const first = await post(url, 'jobs.create', log(project), key);
    const otherBody = await post(url, 'jobs.create', log(project, 'another'), key);
    const otherPath = await post(url, 'jobs.ensure', { ...log(project), id: 'a' }, key);
    expect([otherBody, otherPath].map((answer) => [answer.status, codeOf(answer)])).toEqual([
      [422, 'IDEMPOTENCY_MISMATCH'],
      [422, 'IDEMPOTENCY_MISMATCH'],
    ]);
    const elsewhere = await post(url, 'jobs.create', log(`${project}-b`), key);
    expect(elsewhere.replayed).toBeNull();
    expect(elsewhere.body).not.toBe(first.body);
  });

  it('repeats a refusal as well, until the request is another one', async () => {
    const { url, project } = await startApiOnly();
    const [key, id] = [randomUUID(), 'gone'];
    const first = await post(url, 'jobs.pause', { project, id }, key);
    expect([first.status, codeOf(first), first.replayed]).toEqual([404, 'JOB_NOT_FOUND', null]);
    const again = await post(url, 'jobs.pause', { project, id }, key);
    expect({ ...again, replayed: null }).toEqual(first);
    expect(again.replayed).toBe('true');
  });

  it('is read bare and in quotes, and refused when it is neither, or stands before several calls', async () => {
    const { url, project } = await startApiOnly();
    const key = randomUUID();
    const bare = await post(url, 'jobs.create', log(project), key);
    const quoted = await post(url, 'jobs.create', log(project), `"${key}"`);
    expect([quoted.body, quoted.replayed]).toEqual([bare.body, 'true']);
    const long = await post(url, 'jobs.create', log(project), 'x'.repeat(256));
    expect([long.status, codeOf(long)]).toEqual([400, 'INPUT_INVALID']);
    const batch = await post(url, 'jobs.create,jobs.create?batch=1', { 0: log(project), 1: log(project) }, key);
    expect([batch.status, codeOf(batch)]).toEqual([400, 'INPUT_INVALID']);
  });

  it('without a database lets through what knows itself that it was done', async () => {
    const { url, project } = await startApiOnly({ databaseUrl: deadDatabase });
    const key = randomUUID();
    const first = await post(url, 'jobs.create', log(project), key);
    const again = await post(url, 'jobs.create', log(project), key);
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(JSON.parse(again.body).result.data.id).toBe(JSON.parse(first.body).result.data.id);
  });
});

describe('the claim of a process that is gone', () => {
  let store: Store;
  beforeAll(() => {
    store = createStore({ url: inject('databaseUrl') });
    return () => store.close();
  });
  const claim = (changes = {}) => ({
    ...{ id: randomUUID(), request: 'a', holder: 'one', leaseMs: 60_000, keepMs: 60_000 },
    ...changes,
  });

  it('is taken over once it has lapsed, by the same request alone', async () => {
    const { idempotency } = store;
    const first = claim();
    expect(await idempotency.claim(first)).toEqual({ state: 'claimed' });
    expect(await idempotency.claim({ ...first, holder: 'two' })).toEqual({ state: 'in_flight' });
    await idempotency.extend(first.id, 'one', -1);
    expect(await idempotency.claim({ ...first, holder: 'two', request: 'b' })).toEqual({ state: 'mismatch' });
    expect(await idempotency.claim({ ...first, holder: 'two' })).toEqual({ state: 'claimed' });
    // The first one was only slow: its answer comes too late.
    const answer = { status: 200, headers: { etag: '"1"' }, body: Buffer.from('one') };
    await idempotency.answer(first.id, 'one', answer);
    expect(await idempotency.claim({ ...first, holder: 'three' })).toEqual({ state: 'in_flight' });
    await idempotency.answer(first.id, 'two', { ...answer, body: Buffer.from('two') });
    expect(await idempotency.claim({ ...first, holder: 'three' })).toEqual({
      state: 'answered',
      answer: { ...answer, body: Buffer.from('two') },
    });
  });

  it('is free at once when it was given back, and its answer is forgotten in time', async () => {
    const { idempotency } = store;
    const first = claim();
    await idempotency.claim(first);
    await idempotency.release(first.id, 'one');
    expect(await idempotency.claim({ ...first, holder: 'two', request: 'b' })).toEqual({ state: 'claimed' });
    await idempotency.answer(first.id, 'two', { status: 200, headers: {}, body: Buffer.from('') });
    expect(await idempotency.claim({ ...first, keepMs: -1 })).toEqual({ state: 'claimed' });
  });
});
