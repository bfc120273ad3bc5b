import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { entry, snapshot } from '../store/sample.js';
import { startApiOnly } from './api-only.js';
import { send } from './rest-client.js';

async function open(url: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  const request = get(url, { headers: { accept: 'text/event-stream', ...headers } });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response.setEncoding('utf8');
}

it('follows a subscription as server-sent events, until it, the client or the API ends', async () => {
  const api = await startApiOnly();
  const { project, url, store } = api;
  const runs = [entry('a@key:done'), entry('a@key:busy', { state: 'running' })];
  await store.write([{ snapshot: snapshot(project, 'a'), entries: runs }]);
  const at = (runId: string) => `/v1/runs/${encodeURIComponent(runId)}/logs/stream?project=${project}`;

  expect((await send(url, `GET ${at('a@key:none')}`)).problem).toMatchObject({ status: 404, code: 'RUN_NOT_FOUND' });
  expect((await send(url, `GET ${at('a@key:done')}&level=loud`)).problem.errors?.[0]?.pointer).toBe('#/level');
  expect((await send(url, `HEAD ${at('a@key:done')}`)).status).toBe(405);

  const done = await open(url + at('a@key:done'), { 'last-event-id': '1' });
  expect(done.headers['content-type']).toBe('text/event-stream; charset=utf-8');
  const text = (await done.toArray()).join('');
  expect(text).toMatch(
    /^retry: 1000\n\nid: \S+\ndata: \{.*"runId":"a@key:done".*"ended":true\}\n\nevent: end\ndata:\n\n$/,
  );

  const left = await open(url + at('a@key:busy'));
  await once(left, 'data');
  left.destroy();
  const stays = await open(url + at('a@key:busy'));
  await once(stays, 'data');
  await api.stop();
  expect((await stays.toArray()).join('')).not.toContain('event: end');
});

it('serves its document and pages for people, from nowhere else', async () => {
  const { url } = await startApiOnly();
  const document = await send(url, 'GET /openapi.json');
  expect(document.body.openapi).toBe('3.1.0');
  const known = { 'if-none-match': document.headers.get('etag') ?? '' };
  expect((await send(url, 'GET /openapi.json', { headers: known })).status).toBe(304);
  const page = await send(url, 'GET /docs');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  const own = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path as string);
  expect(own).toHaveLength(4);
  for (const path of own) {
    expect(path).toMatch(/^\/docs\//);
    expect((await send(url, `GET ${path}`)).status).toBe(200);
  }
  const slashed = await fetch(`${url}/docs/`, { redirect: 'manual' });
  expect([slashed.status, slashed.headers.get('location')]).toEqual([308, '/docs']);
  const errors = await send(url, 'GET /docs/errors');
  const { problem } = await send(url, 'GET /v1/jobs/none');
  expect(errors.text).toContain(`<tr id="${problem.type.split('#')[1]}">`);
});
