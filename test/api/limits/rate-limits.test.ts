import { expect, inject, onTestFinished, test } from 'vitest';
import type { Caller } from '../../../src/api/access/caller.js';
import { openCaller } from '../../../src/api/access/caller.js';
import type { Authenticator } from '../../../src/api/auth/authenticator.js';
import type { RateLimitSettings } from '../../../src/api/limits/rate-limits.js';
import { CarillonError } from '../../../src/core/errors.js';
import { createStore, type Store } from '../../../src/store/store.js';
import { startApiOnly } from '../api-only.js';

const none: RateLimitSettings = { perCaller: 0, perAddress: 0, failures: 0 };

/** Knows everybody by the name they give, `wrong` excepted. */
class ByName implements Authenticator {
  asked = 0;
  readonly prefix = `key:${Math.random()}:`;

  async authenticate({ headers }: { headers: { authorization?: string } }): Promise<Caller | undefined> {
    const name = headers.authorization?.slice('Bearer '.length);
    if (name === undefined) return undefined;
    this.asked += 1;
    if (name === 'wrong') throw new CarillonError('UNAUTHENTICATED', 'Expected another key.');
    return { ...openCaller, kind: 'key', id: this.prefix + name, name };
  }
}

/** A store that writes down which of its methods are called. */
function counted(): { store: Store; calls: string[] } {
  const calls: string[] = [];
  const watch = <Part extends object>(part: Part, name: string): Part =>
    new Proxy(part, {
      get(target, property) {
        const value = Reflect.get(target, property) as unknown;
        const path = `${name}${String(property)}`;
        if (typeof value === 'object' && value !== null) return watch(value, `${path}.`);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          calls.push(path);
          return value.apply(target, args);
        };
      },
    });
  const store = createStore({ url: inject('databaseUrl'), timeoutMs: 20_000 });
  onTestFinished(() => store.close());
  return { store: watch(store, ''), calls };
}

async function start(rateLimits: RateLimitSettings, now?: () => number) {
  const { store, calls } = counted();
  const byName = new ByName();
  const api = await startApiOnly({
    server: { store, authenticators: [byName], rateLimits: { ...none, ...rateLimits }, ...(now && { now }) },
  });
  const ask = async (name: string, path = 'jobs.list', init: RequestInit = {}) => {
    const input = encodeURIComponent(JSON.stringify({ project: api.project }));
    const headers = { authorization: `Bearer ${name}`, 'content-type': 'application/json' };
    const url = init.method === 'POST' ? `${api.url}/trpc/${path}` : `${api.url}/trpc/${path}?input=${input}`;
    const response = await fetch(url, { ...init, headers });
    return { status: response.status, headers: response.headers, body: await response.text() };
  };
  return { ...api, ask, calls, byName };
}

test('what a greedy caller asks for in excess reaches no procedure and no database, and others are not slowed', async () => {
  // The clock of the process stands still: what its leases gave is all there is.
  const { ask, calls } = await start({ perCaller: 10 }, () => 1_000_000);
  const answers = await Promise.all(Array.from({ length: 100 }, () => ask('greedy')));
  const admitted = answers.filter(({ status }) => status === 200);
  const refused = answers.filter(({ status }) => status === 429);
  expect(admitted.length + refused.length).toBe(100);
  // The shared bucket fills by the database's clock while the requests are under way.
  expect(admitted.length).toBeGreaterThanOrEqual(20);
  expect(admitted.length).toBeLessThan(60);
  expect(calls.filter((call) => call === 'jobs.list')).toHaveLength(admitted.length);
  expect(calls.filter((call) => call !== 'jobs.list' && call !== 'rateBuckets.lease')).toEqual([]);
  expect(calls.length - admitted.length).toBeLessThan(20);
  for (const { headers, body } of refused) {
    expect(headers.get('retry-after')).toBe('1');
    expect(headers.get('ratelimit-policy')).toBe('"caller";q=20;w=2');
    expect(headers.get('ratelimit')).toBe('"caller";r=0;t=2');
    expect(JSON.parse(body).error.data.carillon.code).toBe('RATE_LIMITED');
  }
  const before = calls.length;
  expect((await ask('greedy')).status).toBe(429);
  expect(calls).toHaveLength(before);
  expect((await ask('modest')).status).toBe(200);
});

test('each call of a batch counts, and an answer tells how much is left', async () => {
  const { ask } = await start({ perCaller: 10 });
  const batch = await ask('a', 'system.health,system.health,system.health%2Csystem.health');
  expect(batch.headers.get('ratelimit-policy')).toBe('"caller";q=20;w=2');
  expect(batch.headers.get('ratelimit')).toMatch(/^"caller";r=16;t=1$/);
});

test('a refused request is not read', async () => {
  const { ask } = await start({ perAddress: 1 }, () => 1_000_000);
  await ask('a', 'system.health');
  await ask('a', 'system.health');
  const unreadable = await ask('a', 'jobs.create', { method: 'POST', body: '{oops' });
  expect(unreadable.status).toBe(429);
});

test('an address with too many bad credentials is sent away; good ones from there are taken all the same', async () => {
  const { ask, store } = await start({ failures: 3 });
  // The bucket is the address's, which all tests share.
  const { left } = await store.rateBuckets.lease('failures:127.0.0.1', 0, { rate: 3 / 60, burst: 3 });
  const statuses: number[] = [];
  for (let count = 0; count < Math.floor(left) + 3; count += 1) statuses.push((await ask('wrong')).status);
  expect(statuses.slice(0, Math.floor(left))).toEqual(Array(Math.floor(left)).fill(401));
  const refused = await ask('wrong');
  expect([statuses.at(-1), refused.status]).toEqual([429, 429]);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(5);
  expect((await ask('good')).status).toBe(200);
});

test('nothing is limited while nobody is asked who they are, unless it is set', async () => {
  const { url } = await startApiOnly();
  const answer = await fetch(`${url}/trpc/system.health`);
  expect(answer.headers.get('ratelimit')).toBeNull();
  const limited = await startApiOnly({ server: { rateLimits: { perCaller: 5 } } });
  const other = await fetch(`${limited.url}/trpc/system.health`);
  expect(other.headers.get('ratelimit-policy')).toBe('"caller";q=10;w=2');
});
