import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { isOutcome } from '../../../src/core/task/outcome.js';
import { call, listen } from './listener.js';

const code = (expected: string) => expect.objectContaining({ code: expected });
const json = (value: unknown) => async () => listen((response) => response.end(JSON.stringify(value)));

test.each([
  [{ bearer: 't0ken' }, 'Bearer t0ken'],
  [{ basic: { username: 'jürgen', password: 'a:b€' } }, `Basic ${Buffer.from('jürgen:a:b€').toString('base64')}`],
])('authorization by %j', async (auth, authorization) => {
  const { url, heard } = await listen((response) => response.end());
  await call({ url, auth });
  expect(heard[0]?.headers.authorization).toBe(authorization);
});

test('a token with a line break is refused, and not shown', async () => {
  const refused = call({ url: 'http://127.0.0.1:2/', auth: { bearer: 'sesame\r\nX: y' } });
  await expect(refused).rejects.toMatchObject({ code: 'TASK_INPUT_INVALID', details: { field: 'input.auth.bearer' } });
  await expect(refused).rejects.not.toThrow('sesame');
});

test('what is signed verifies by Standard Webhooks, with one id for all attempts', async () => {
  const { url, heard } = await listen((response) => response.end());
  const secret = `whsec_${Buffer.from('a secret of twenty-four bytes').toString('base64')}`;
  for (const attempt of [1, 2]) {
    await call({ url, method: 'POST', body: { run: '{{ run.id }}', text: 'é😀' }, sign: { secret } }, { attempt });
  }
  await call({ url, sign: { secret } }, { runId: 'job@2026-11-21T10:00:00Z' });
  const webhook = new Webhook(secret);
  const [first, second, other] = heard;
  const verify = (one: typeof first) =>
    webhook.verify(one?.body ?? '', one?.headers as Record<string, string>, { jsonParse: false });
  for (const one of heard) expect(() => verify(one)).not.toThrow();
  expect(() => verify({ ...first, body: `${first?.body} ` } as typeof first)).toThrow();
  expect(first?.headers['webhook-id']).toBe(second?.headers['webhook-id']);
  expect(first?.headers['webhook-id']).not.toBe(other?.headers['webhook-id']);
});

test('a secret that is no base64 is refused, and not shown', async () => {
  const refused = call({ url: 'http://127.0.0.1:2/', sign: { secret: 'se same!' } });
  await expect(refused).rejects.toMatchObject({ code: 'TASK_INPUT_INVALID', details: { field: 'input.sign.secret' } });
  await expect(refused).rejects.not.toThrow('se same');
});

test.each([
  ['$.a.b', 5],
  ['$', { a: { b: 5 }, list: [{ id: 1 }, { id: 2 }], none: null }],
  ['$.none', null],
  ['$.list[*].id', [1, 2]],
  ['$.list[?@.id > 5]', []],
  ["$['list'][1]", { id: 2 }],
])('the result is what %s finds', async (result, found) => {
  const { url } = await json({ a: { b: 5 }, list: [{ id: 1 }, { id: 2 }], none: null })();
  expect(await call({ url, result })).toEqual(found);
});

test('the result may lie beyond the first 4 KiB', async () => {
  const { url } = await json({ padding: 'é'.repeat(100_000), cursor: 'here' })();
  expect(await call({ url, result: '$.cursor' })).toBe('here');
});

test.each([
  ['$.b', '{"a":1}'],
  ['$.a', 'not JSON'],
  ['$.a', ''],
])('%s finds nothing in %j', async (result, text) => {
  const { url } = await listen((response) => response.end(text));
  await expect(call({ url, result })).rejects.toMatchObject({
    code: 'HTTP_RESULT_MISSING',
    details: { field: 'input.result', value: result },
  });
});

test.each([
  ['with its length said', (size: number) => ({ head: { 'Content-Length': size }, body: Buffer.alloc(size, 'x') })],
  ['in chunks', (size: number) => ({ head: {}, body: Buffer.alloc(size, 'x') })],
  ['packed', (size: number) => ({ head: { 'Content-Encoding': 'gzip' }, body: gzipSync(Buffer.alloc(size, 'x')) })],
])('an answer larger than maxBytes, %s', async (_, make) => {
  const sizes = [1000, 1001];
  const { url } = await listen((response) => {
    const { head, body } = make(sizes.shift() as number);
    response.writeHead(200, head).write(body);
    response.end();
  });
  expect(await call({ url, maxBytes: 1000 })).toMatchObject({ body: 'x'.repeat(1000) });
  await expect(call({ url, maxBytes: 1000 })).rejects.toMatchObject({
    code: 'HTTP_TOO_LARGE',
    details: { field: 'input.maxBytes', value: 1000 },
  });
});

test('an answer without end is left at the bound, and the connection closed', async () => {
  let closed: Promise<unknown> | undefined;
  const { url } = await listen((response) => {
    closed = once(response, 'close');
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536)));
    };
    response.on('drain', more);
    more();
  });
  await expect(call({ url })).rejects.toThrow(code('HTTP_TOO_LARGE'));
  await closed;
});

test('an answer is cut between characters', async () => {
  const { url } = await listen((response) => response.end(`x${'é'.repeat(5000)}`));
  expect(await call({ url })).toMatchObject({ body: `x${'é'.repeat(2047)}` });
});

test('redirects are followed as often as it says', async () => {
  const { url, heard } = await listen((response, { path }) => {
    const step = Number(path.slice(1));
    if (step === 3) response.end('arrived');
    else response.writeHead(302, { Location: `/${step + 1}` }).end();
  });
  expect(await call({ url: `${url}0`, redirects: 3 })).toMatchObject({ body: 'arrived' });
  expect(heard.map(({ path }) => path)).toEqual(['/0', '/1', '/2', '/3']);
  await expect(call({ url: `${url}0`, redirects: 2 })).rejects.toMatchObject({
    code: 'HTTP_STATUS',
    details: { value: 302, hint: expect.stringContaining('redirects') },
  });
  expect(heard).toHaveLength(7);
});

test.each([
  [301, 'POST', 'GET', ''],
  [303, 'PUT', 'GET', ''],
  [302, 'PUT', 'PUT', 'text'],
  [307, 'POST', 'POST', 'text'],
  [308, 'PATCH', 'PATCH', 'text'],
] as const)('%i turns %s into %s', async (status, method, then, body) => {
  const { url, heard } = await listen((response, { path }) =>
    path === '/' ? response.writeHead(status, { Location: '/x' }).end() : response.end(),
  );
  await call({ url, method, body: 'text', redirects: 1 });
  expect(heard[1]).toMatchObject({ method: then, body });
});

test('keys and signatures stay with the origin they were meant for', async () => {
  const other = await listen((response) => response.end());
  const { url, heard } = await listen((response, { path }) =>
    response.writeHead(307, { Location: path === '/' ? '/same' : other.url }).end(),
  );
  const headers = { 'X-Api-Key': 'k', Cookie: 'c=1', Accept: 'text/plain' };
  const sign = { secret: Buffer.from('secret').toString('base64') };
  await call({ url, method: 'POST', body: {}, headers, auth: { bearer: 't' }, sign, redirects: 2 });
  const secrets = { 'x-api-key': 'k', cookie: 'c=1', authorization: 'Bearer t', 'webhook-id': expect.any(String) };
  expect(heard.map((one) => one.headers)).toEqual([expect.objectContaining(secrets), expect.objectContaining(secrets)]);
  expect(other.heard[0]?.headers).toMatchObject({
    accept: 'text/plain',
    'idempotency-key': 'job@2026-11-21T09:00:00Z',
  });
  for (const name of Object.keys(secrets).concat('webhook-signature'))
    expect(other.heard[0]?.headers).not.toHaveProperty(name);
});

test('a redirect into a private network is not followed', async () => {
  const inner = await listen((response) => response.end(), '127.0.0.2');
  const { url } = await listen((response) => response.writeHead(302, { Location: inner.url }).end());
  const settings = { http: { allow: ['127.0.0.1/32'] } };
  await expect(call({ url, redirects: 5 }, { settings })).rejects.toThrow(code('HTTP_ADDRESS_FORBIDDEN'));
  expect(inner.heard).toEqual([]);
});

test.each([
  [429, '7', 7000],
  [503, '0', 1000],
  [503, '99999999', 86_400_000],
  [429, new Date(Date.now() + 3_600_000).toUTCString(), expect.closeTo(3_600_000, -5)],
])('%i with Retry-After %s waits as long', async (status, text, waitMs) => {
  const { url } = await listen((response) => response.writeHead(status, { 'Retry-After': text }).end('busy'));
  const outcome = await call({ url });
  expect(isOutcome(outcome)).toBe(true);
  expect(outcome).toMatchObject({ kind: 'retryAfter', waitMs, reason: expect.stringContaining(`got ${status}: busy`) });
});

test.each([
  [500, '7'],
  [429, 'soon'],
  [503, undefined],
])('%i with Retry-After %s is an ordinary failure', async (status, text) => {
  const { url } = await listen((response) => response.writeHead(status, text ? { 'Retry-After': text } : {}).end());
  await expect(call({ url })).rejects.toThrow(code('HTTP_STATUS'));
});

test('429 that is expected is a success', async () => {
  const { url } = await listen((response) => response.writeHead(429, { 'Retry-After': '5' }).end());
  expect(await call({ url, expectedStatus: 429 })).toMatchObject({ status: 429 });
});

test('a body that drips is cut off at the timeout, and the connection closed', async () => {
  let closed: Promise<unknown> | undefined;
  const { url } = await listen((response) => {
    closed = once(response, 'close');
    const drip = setInterval(() => response.write('.'), 5);
    response.on('close', () => clearInterval(drip));
  });
  await expect(call({ url, timeout: '60ms' })).rejects.toThrow(code('TIMEOUT_ATTEMPT'));
  await closed;
});

test('cancelled while the body comes in, the connection is closed', async () => {
  const abort = new AbortController();
  let closed: Promise<unknown> | undefined;
  const { url } = await listen((response) => {
    closed = once(response, 'close');
    response.write('begin', () => setImmediate(() => abort.abort()));
  });
  await expect(call({ url }, { signal: abort.signal })).rejects.toThrow();
  await closed;
});
