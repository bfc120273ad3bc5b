import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { httpTask } from '../../../src/activities/tasks/http.js';
import type { TaskContext } from '../../../src/core/task/context.js';
import { testContext } from '../../../src/kit/task-run.js';

interface Heard {
  method: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** A real server that answers as told and keeps what it heard. */
async function listen(answer: (response: ServerResponse) => void) {
  const heard: Heard[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    heard.push({ method: request.method as string, headers: request.headers, body });
    answer(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, heard };
}

function context(signal = new AbortController().signal): TaskContext {
  return testContext({ runId: 'job@2026-11-21T09:00:00Z', signal }).context;
}

const run = (input: Parameters<typeof httpTask.input.parse>[0], signal?: AbortSignal) =>
  httpTask.run(context(signal), httpTask.input.parse(input));
const code = (expected: string) => expect.objectContaining({ code: expected });

test('sends method, headers, JSON body and the run id as idempotency key; keeps status and body', async () => {
  const { url, heard } = await listen((response) => response.writeHead(201, { 'X-Answer': 'yes' }).end('made'));
  const result = await run({ url, method: 'POST', headers: { 'X-Question': 'q' }, body: { a: [1, null] } });
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
  await run({ url, method: 'PUT', body: 'plain', headers: { 'idempotency-key': 'mine' } });
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
  const answer = run({ url, expectedStatus: expectedStatus as number | number[] | undefined });
  if (good) expect(await answer).toMatchObject({ status });
  else await expect(answer).rejects.toThrow(code('HTTP_STATUS'));
});

test('keeps the first 4 KiB of a long answer and reads no further', async () => {
  const { url } = await listen((response) => response.end('x'.repeat(1_000_000)));
  expect((await run({ url })) as { body: string }).toMatchObject({ body: 'x'.repeat(4096) });
});

test('an address nobody listens at', async () => {
  await expect(run({ url: 'http://127.0.0.1:2/' })).rejects.toThrow(code('HTTP_UNREACHABLE'));
});

test('an answer that never ends is cut off at the timeout', async () => {
  const { url } = await listen((response) => response.write('begin'));
  await expect(run({ url, timeout: '50ms' })).rejects.toThrow(code('TIMEOUT_ATTEMPT'));
});

test('cancelled in mid-call, the connection is closed', async () => {
  let closed: Promise<unknown> | undefined;
  const abort = new AbortController();
  const { url } = await listen((response) => {
    closed = once(response, 'close');
    abort.abort();
  });
  await expect(run({ url }, abort.signal)).rejects.toThrow();
  await closed;
});

test.each([
  [{ url: 'ftp://example.com/' }, 'url'],
  [{ url: 'no address' }, 'url'],
  [{ url: 'http://127.0.0.1/', body: 'x' }, 'body'],
  [{ url: 'http://127.0.0.1/', timeout: 'soon' }, 'timeout'],
  [{ url: 'http://127.0.0.1/', expectedStatus: 42 }, 'expectedStatus'],
  [{ url: 'http://127.0.0.1/', headers: { 'a b': 'x' } }, 'headers'],
])('refuses %j', (input, field) => {
  const { error } = httpTask.input.safeParse(input);
  expect(error?.issues[0]?.path[0]).toBe(field);
});
