import { once } from 'node:events';
import { expect, test } from 'vitest';
import { httpTask } from '../../../src/activities/tasks/http/http.js';
import { call, listen } from './listener.js';

const code = (expected: string) => expect.objectContaining({ code: expected });

test('sends method, headers, JSON body and the run id as idempotency key; keeps status and body', async () => {
  const { url, heard } = await listen((response) => response.writeHead(201, { 'X-Answer': 'yes' }).end('made'));
  const result = await call({ url, method: 'POST', headers: { 'X-Question': 'q' }, body: { a: [1, null] } });
  expect(result).toMatchObject({ status: 201, headers: { 'x-answer': 'yes' }, body: 'made' });
  expect(heard).toMatchObject([
    {
      method: 'POST',
      body: '{"a":[1,null]}',
      headers: { 'idempotency-key': 'job@2026-11-21T09:00:00Z', 'x-question': 'q', 'content-type': 'application/json' },
    },
  ]);
});

test('text goes as it is, and a given idempotency key stays', async () => {
  const { url, heard } = await listen((response) => response.end());
  await call({ url, method: 'PUT', body: 'plain', headers: { 'idempotency-key': 'mine' } });
  expect(heard).toMatchObject([{ body: 'plain', headers: { 'idempotency-key': 'mine' } }]);
});

test.each([
  [500, undefined, false],
  [204, undefined, true],
  [302, undefined, false],
  [404, 404, true],
  [200, [201, 202], false],
  [202, [201, 202], true],
] as const)('status %i where %j is expected', async (status, expectedStatus, good) => {
  const { url } = await listen((response) => response.writeHead(status, { Location: '/elsewhere' }).end());
  const answer = call({ url, expectedStatus: expectedStatus as number | number[] | undefined });
  if (good) expect(await answer).toMatchObject({ status });
  else await expect(answer).rejects.toThrow(code('HTTP_STATUS'));
});

test('keeps the first 4 KiB of a long answer', async () => {
  const { url } = await listen((response) => response.end('x'.repeat(1_000_000)));
  expect((await call({ url })) as { body: string }).toMatchObject({ body: 'x'.repeat(4096) });
});

test('an address nobody listens at', async () => {
  await expect(call({ url: 'http://127.0.0.1:2/' })).rejects.toThrow(code('HTTP_UNREACHABLE'));
});

test('an answer that never ends is cut off at the timeout', async () => {
  const { url } = await listen((response) => response.write('begin'));
  await expect(call({ url, timeout: '50ms' })).rejects.toThrow(code('TIMEOUT_ATTEMPT'));
});

test('cancelled in mid-call, the connection is closed', async () => {
  let closed: Promise<unknown> | undefined;
  const abort = new AbortController();
  const { url } = await listen((response) => {
    closed = once(response, 'close');
    abort.abort();
  });
  await expect(call({ url }, { signal: abort.signal })).rejects.toThrow();
  await closed;
});

test.each([
  [{ url: 'ftp://example.com/' }, 'url'],
  [{ url: 'no address' }, 'url'],
  [{ url: 'http://127.0.0.1/', body: 'x' }, 'body'],
  [{ url: 'http://127.0.0.1/', timeout: 'soon' }, 'timeout'],
  [{ url: 'http://127.0.0.1/', expectedStatus: 42 }, 'expectedStatus'],
  [{ url: 'http://127.0.0.1/', headers: { 'a b': 'x' } }, 'headers.a b'],
  [{ url: 'http://127.0.0.1/', headers: { a: 'x\r\nb: y' } }, 'headers.a'],
  [{ url: 'http://127.0.0.1/', headers: { a: 'x\0' } }, 'headers.a'],
  [{ url: 'http://me:secret@127.0.0.1/' }, 'url'],
  [{ url: '{{ run.id' }, 'url'],
  [{ url: 'ftp://{{ run.id }}' }, 'url'],
  [{ url: 'http://127.0.0.1/{{ runn.id }}' }, 'url'],
  [{ url: 'http://127.0.0.1/', headers: { a: '{{ run.id | nope }}' } }, 'headers.a'],
  [{ url: 'http://127.0.0.1/', method: 'POST', body: { a: ['x', '{% include "/etc/passwd" %}'] } }, 'body.a.1'],
  [{ url: 'http://127.0.0.1/', method: 'POST', body: '{% for %}' }, 'body'],
  [{ url: 'http://127.0.0.1/', auth: { bearer: 'x' }, headers: { AUTHORIZATION: 'y' } }, 'headers.AUTHORIZATION'],
  [{ url: 'http://127.0.0.1/', auth: { basic: { username: 'a:b', password: '' } } }, 'auth.basic.username'],
  [{ url: 'http://127.0.0.1/', auth: {} }, 'auth'],
  [{ url: 'http://127.0.0.1/', result: 'items[0' }, 'result'],
  [{ url: 'http://127.0.0.1/', result: '$.items[?' }, 'result'],
  [{ url: 'http://127.0.0.1/', redirects: -1 }, 'redirects'],
  [{ url: 'http://127.0.0.1/', maxBytes: 0 }, 'maxBytes'],
  [{ url: 'http://127.0.0.1/', sign: {} }, 'sign.secret'],
])('refuses %j', (input, field) => {
  const { error } = httpTask.input.safeParse(input);
  expect(error?.issues.map(({ path }) => path.join('.'))).toEqual([field]);
});

test('an address in a private network is refused unless it is allowed, and nothing arrives', async () => {
  const { url, heard } = await listen((response) => response.end());
  const refused = call({ url }, { settings: {} });
  await expect(refused).rejects.toThrow(code('HTTP_ADDRESS_FORBIDDEN'));
  expect(heard).toEqual([]);
});
