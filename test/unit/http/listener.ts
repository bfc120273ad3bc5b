import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { guardedFetch } from '../../../src/activities/net/guarded-fetch.js';
import { httpTask } from '../../../src/activities/tasks/http/http.js';
import { type ContextOptions, testContext } from '../../../src/kit/task-run.js';

export interface Heard {
  method: string;
  /** Path and query, as they were sent. */
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** A real server that answers as told and keeps what it heard. */
export async function listen(answer: (response: ServerResponse, heard: Heard) => void, host = '127.0.0.1') {
  const heard: Heard[] = [];
  const server = createServer({ maxHeaderSize: 65_536 }, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = '', url: path = '', headers } = request;
    const one = { method, path, headers, body: Buffer.concat(chunks).toString('utf8') };
    heard.push(one);
    answer(response, one);
  });
  server.listen(0, host);
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return { url: `http://${host}:${(server.address() as AddressInfo).port}/`, heard, server };
}

const fetch = guardedFetch({ allow: ['127.0.0.0/8'] });

/** Runs the task as a worker does: input parsed, `fetch` made once, this machine allowed unless settings are given. */
export async function call(input: Parameters<typeof httpTask.input.parse>[0], options: ContextOptions = {}) {
  const services = options.settings ? {} : { fetch };
  const { context } = testContext({ runId: 'job@2026-11-21T09:00:00Z', services, ...options });
  return httpTask.run(context, httpTask.input.parse(input));
}
