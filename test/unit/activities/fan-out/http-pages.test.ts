import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { httpPages, nextLink } from '../../../../src/activities/fan-out/http-pages.js';
import type { HttpItems } from '../../../../src/core/fan-out/contract.js';

/** A real server; `answer` sees the request and the origin. */
async function listen(answer: (request: IncomingMessage, response: ServerResponse, origin: string) => void) {
  const server = createServer((request, response) => answer(request, response, origin));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return origin;
}

async function read(source: Partial<HttpItems> & { url: string }, signal = new AbortController().signal) {
  const whole = { headers: {}, items: '$[*]', next: 'link', ...source };
  const secrets = { get: async (name: string) => `value of ${name}` };
  const found: unknown[] = [];
  for await (const item of httpPages(whole, { fetch, secrets }, signal)) found.push(item);
  return found;
}

const failing = (code: string, message: RegExp | string) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

test('pages are followed by the Link header, with headers and token on each', async () => {
  const heard: (string | undefined)[] = [];
  const url = await listen((request, response) => {
    heard.push(`${request.url} ${request.headers.authorization} ${request.headers['x-team']}`);
    const page = Number(new URL(request.url as string, 'http://x').searchParams.get('page') ?? 1);
    if (page < 3) response.setHeader('Link', `<?page=9>; rel="prev", <?page=${page + 1}>; title="a, b"; rel="next"`);
    response.end(JSON.stringify([page, { page }]));
  });
  expect(await read({ url, headers: { 'X-Team': 'ops' }, bearer: 'token' })).toEqual([
    1,
    { page: 1 },
    2,
    { page: 2 },
    3,
    { page: 3 },
  ]);
  expect(heard).toEqual(['/', '/?page=2', '/?page=3'].map((at) => `${at} Bearer value of token ops`));
});

test('pages are followed by an address in the answer', async () => {
  const url = await listen((request, response) => {
    const last = request.url === '/two';
    response.end(JSON.stringify({ data: { users: [{ id: request.url }] }, next: last ? null : '/two' }));
  });
  expect(await read({ url: `${url}/one`, items: '$.data.users[*].id', next: '$.next' })).toEqual(['/one', '/two']);
});

test.each([
  ['http://127.0.0.1:1/other', /^Expected another address at/],
  ['', /./],
  [7, /^Expected another address at .* got 7/],
])('a next page at %j is refused', async (next, message) => {
  const url = await listen((_, response) => void response.end(JSON.stringify({ items: [1], next })));
  const pages = read({ url, items: '$.items[*]', next: '$.next' });
  if (next === '') expect(await pages).toEqual([1]);
  else await expect(pages).rejects.toEqual(failing('FAN_OUT_SOURCE_INVALID', message));
});

test('what is no page fails with its reason and field', async () => {
  const url = await listen((request, response) => {
    if (request.url === '/html') return void response.end('<p>');
    if (request.url === '/moved') return void response.writeHead(302, { Location: '/' }).end();
    if (request.url === '/same') return void response.end('{"next":"/same"}');
    if (request.url === '/endless') {
      const more = () => {
        while (!response.destroyed && response.write(' '.repeat(65_536)));
      };
      response.on('drain', more);
      return more();
    }
    response.writeHead(503).end('no');
  });
  await expect(read({ url: `${url}/html` })).rejects.toEqual(failing('FAN_OUT_SOURCE_INVALID', /^Expected JSON from/));
  await expect(read({ url })).rejects.toEqual(failing('HTTP_STATUS', /got 503/));
  await expect(read({ url: `${url}/moved` })).rejects.toEqual(failing('HTTP_STATUS', /got 302/));
  await expect(read({ url: `${url}/same`, next: '$.next' })).rejects.toEqual(
    failing('FAN_OUT_SOURCE_INVALID', /another/),
  );
  await expect(read({ url: `${url}/endless` })).rejects.toEqual(failing('FAN_OUT_SOURCE_INVALID', /at most 16777216/));
  await expect(read({ url: 'http://127.0.0.1:2/' })).rejects.toEqual(failing('HTTP_UNREACHABLE', /./));
  await expect(read({ url, items: '$[?' })).rejects.toMatchObject({ details: { field: 'input.items.http.items' } });
});

test('cancelled, it stops at once', async () => {
  const told = new AbortController();
  const url = await listen(() => told.abort(new Error('told to')));
  await expect(read({ url }, told.signal)).rejects.toThrow('told to');
});

test.each([
  [null, undefined],
  ['</a>; rel=next', '/a'],
  ['</a>; rel="last", </b>;rel="prev NEXT"', '/b'],
  ['</a>; title="rel=next"', undefined],
  ['</a,b>; rel="next"', '/a,b'],
  ['nonsense', undefined],
])('of the Link header %j the next page is %s', (header, expected) => {
  expect(nextLink(header)).toBe(expected);
});
