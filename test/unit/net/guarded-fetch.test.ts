import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { guardedFetch } from '../../../src/activities/net/guarded-fetch.js';

const loopback = ['127.0.0.0/8', '::1/128'];
const forbidden = expect.objectContaining({ code: 'HTTP_ADDRESS_FORBIDDEN' });

/** A real listener on this machine that counts connections, whatever comes of them. */
async function listen(host = '127.0.0.1', location?: string) {
  const counts = { connections: 0, requests: 0 };
  const server = createServer((_, response) => {
    counts.requests++;
    response.writeHead(location ? 302 : 200, location ? { Location: location } : {}).end('here');
  });
  server.on('connection', () => counts.connections++);
  server.listen(0, host);
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return { port: (server.address() as AddressInfo).port, counts };
}

/** A name server that gives what it is told, one answer after the other, the last one again and again. */
function resolver(...answers: string[][]): LookupFunction & { asked: string[] } {
  const asked: string[] = [];
  const lookup: LookupFunction = (hostname, _, callback) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)] ?? [];
    asked.push(hostname);
    callback(
      null,
      answer.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  return Object.assign(lookup, { asked });
}

/** Ways to write 127.0.0.1, or something that leads there. `PORT` is the listener's. */
const bypasses = [
  'http://127.0.0.1:PORT/',
  'http://127.0.0.1.:PORT/',
  'http://127.1:PORT/',
  'http://127.0.1:PORT/',
  'http://127.127.127.127:PORT/',
  'http://2130706433:PORT/',
  'http://0x7f000001:PORT/',
  'http://0x7F.0.0.1:PORT/',
  'http://0x7f.0x0.0x0.0x1:PORT/',
  'http://017700000001:PORT/',
  'http://0177.0.0.1:PORT/',
  'http://0177.0.0.01:PORT/',
  'http://00000177.0.0.1:PORT/',
  'http://0177.0x0.1:PORT/',
  'http://127.0.0.1%2e:PORT/',
  'http://%31%32%37.0.0.1:PORT/',
  'http://①②⑦.⓪.⓪.①:PORT/',
  'http://127。0。0。1:PORT/',
  'http://１２７.0.0.1:PORT/',
  'http://0:PORT/',
  'http://0.0.0.0:PORT/',
  'http://0.0.0.1:PORT/',
  'http://[::]:PORT/',
  'http://[::1]:PORT/',
  'http://[0:0:0:0:0:0:0:1]:PORT/',
  'http://[::ffff:127.0.0.1]:PORT/',
  'http://[::ffff:7f00:1]:PORT/',
  'http://[0:0:0:0:0:ffff:127.0.0.1]:PORT/',
  'http://[::127.0.0.1]:PORT/',
  'http://[::ffff:0:127.0.0.1]:PORT/',
  'http://[64:ff9b::127.0.0.1]:PORT/',
  'http://[64:ff9b:1::127.0.0.1]:PORT/',
  'http://[2002:7f00:1::]:PORT/',
  'http://[2001:0:7f00:1::]:PORT/',
  'http://[fe80::1%25lo]:PORT/',
  'http://[fe80::1]:PORT/',
  'http://localhost:PORT/',
  'http://LOCALHOST:PORT/',
  'http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:PORT/',
  'http://user:password@127.0.0.1:PORT/',
  'http://example.com@127.0.0.1:PORT/',
  'http://127.0.0.1:PORT#@example.com/',
  'http://127.0.0.1:PORT?@example.com/',
  'http://example.com:80@127.0.0.1:PORT/',
  'http:127.0.0.1:PORT/',
  'http:\\\\127.0.0.1:PORT\\',
  'http:///127.0.0.1:PORT/',
  ' http://127.0.0.1:PORT/',
  'ht\ntp://127.0.0.1:PORT/',
  'http://127.0.0.1\t:PORT/',
  'https://127.0.0.1:PORT/',
  'ftp://127.0.0.1:PORT/',
  'ws://127.0.0.1:PORT/',
  'file:///etc/passwd',
  'data:text/plain,here',
  'blob:http://127.0.0.1:PORT/x',
  '//127.0.0.1:PORT/',
  '127.0.0.1:PORT',
];

test.each(bypasses)('no connection by %j', async (url) => {
  const { port, counts } = await listen();
  const refused = guardedFetch()(url.replace('PORT', String(port)));
  await expect(refused).rejects.toThrow(forbidden);
  expect(counts.connections).toBe(0);
});

test('no connection to a listener on IPv6, nor by way of a Request', async () => {
  const { port, counts } = await listen('::');
  const fetch = guardedFetch();
  await expect(fetch(`http://[::1]:${port}/`)).rejects.toThrow(forbidden);
  await expect(fetch(`http://[::ffff:127.0.0.1]:${port}/`)).rejects.toThrow(forbidden);
  await expect(fetch(new Request(`http://127.0.0.1:${port}/`))).rejects.toThrow(forbidden);
  await expect(fetch(new URL(`http://127.0.0.1:${port}/`))).rejects.toThrow(forbidden);
  expect(counts.connections).toBe(0);
});

test.each([
  ['loopback', ['127.0.0.1']],
  ['loopback in IPv6', ['::1']],
  ['mapped loopback', ['::ffff:127.0.0.1']],
  ['mapped loopback in hex', ['::ffff:7f00:1']],
  ['a zone id', ['fe80::1%lo']],
  ['one bad address among good ones', ['93.184.215.14', '127.0.0.1']],
  ['a good address after a bad one', ['127.0.0.1', '93.184.215.14']],
  ['no address at all', ['nonsense']],
])('a name that resolves to %s', async (_, addresses) => {
  const { port, counts } = await listen('::');
  const lookup = resolver(addresses);
  await expect(guardedFetch({ lookup })(`http://innocent.example:${port}/`)).rejects.toThrow(forbidden);
  expect(lookup.asked).toEqual(['innocent.example']);
  expect(counts.connections).toBe(0);
});

test('a trailing dot changes nothing', async () => {
  const { port, counts } = await listen();
  const lookup = resolver(['127.0.0.1']);
  await expect(guardedFetch({ lookup })(`http://localhost.:${port}/`)).rejects.toThrow(forbidden);
  expect(lookup.asked).toEqual(['localhost.']);
  expect(counts.connections).toBe(0);
});

test('rebinding: the address that was checked is the one that is connected to, and no name is asked for twice', async () => {
  const { port, counts } = await listen();
  // Allowed first, and where a second look would lead to is another listener's address.
  const lookup = resolver(['127.0.0.77'], ['127.0.0.1']);
  const fetch = guardedFetch({ allow: ['127.0.0.77/32'], lookup });
  await expect(fetch(`http://rebinds.example:${port}/`)).rejects.toThrow('fetch failed');
  expect(lookup.asked).toEqual(['rebinds.example']);
  expect(counts.connections).toBe(0);
  await expect(fetch(`http://rebinds.example:${port}/`)).rejects.toThrow(forbidden);
  expect(counts.connections).toBe(0);
});

test.each([
  'http://127.0.0.1:PORT/',
  'http://elsewhere.example:PORT/',
  'http://[::ffff:127.0.0.1]:PORT/',
  'file:///etc/passwd',
])('a redirect to %s is not followed', async (location) => {
  const inner = await listen();
  const outer = await listen('127.0.0.2', location.replace('PORT', String(inner.port)));
  const lookup = resolver(['127.0.0.2'], ['127.0.0.1']);
  const fetch = guardedFetch({ allow: ['127.0.0.2/32'], lookup });
  await expect(fetch(`http://outer.example:${outer.port}/`)).rejects.toThrow();
  expect(outer.counts.requests).toBe(1);
  expect(inner.counts.connections).toBe(0);
});

test('a service may not bring another way to connect', async () => {
  const { port, counts } = await listen();
  const { Agent } = await import('undici');
  const init = { dispatcher: new Agent() } as unknown as RequestInit;
  await expect(guardedFetch()(`http://127.0.0.1:${port}/`, init)).rejects.toThrow(forbidden);
  expect(counts.connections).toBe(0);
});

test('what is allowed is called: by address, by name, and in IPv6', async () => {
  const { port, counts } = await listen('::');
  const lookup = resolver(['::1', '127.0.0.1']);
  const fetch = guardedFetch({ allow: loopback, lookup });
  for (const host of ['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', 'name.example']) {
    expect(await (await fetch(`http://${host}:${port}/`)).text()).toBe('here');
  }
  expect(counts.requests).toBe(4);
  const answer = await fetch(new Request(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'text' }));
  expect(await answer.text()).toBe('here');
});

test('the refusal names field, value and what to do', async () => {
  await expect(guardedFetch({ lookup: resolver(['10.1.2.3']) })('http://inner.example/')).rejects.toMatchObject({
    code: 'HTTP_ADDRESS_FORBIDDEN',
    message: expect.stringContaining('"inner.example", which is 10.1.2.3'),
    details: { field: 'input.url', value: 'inner.example', hint: expect.stringContaining('CARILLON_HTTP_ALLOW') },
  });
});
