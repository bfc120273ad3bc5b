import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { z } from 'zod';
import { defineTask } from '../../src/core/task/task.js';
import { KeyRing } from '../../src/keyring/key-ring.js';
import { type Rig, startRig } from '../rig/rig.js';
import { everythingInFiles, everythingInTables, everythingInTemporal, holds } from './search.js';

const canary = `canary-${Date.now().toString(36)}-that-nobody-sees`;

/** Says the secret wherever a task can say something. */
const leaking = defineTask({
  name: 'leaking',
  input: z.strictObject({ token: z.string(), fail: z.boolean().default(false) }),
  async run(context, { token, fail }) {
    const read = await context.secrets.get('api.token');
    context.log(`the token is ${token}`, { field: read, inside: { deep: [`Bearer ${token}`] } });
    context.log.error(`user:${Buffer.from(`user:${token}`).toString('base64')}`);
    context.progress(1, 2, `with ${token}`);
    console.error(`printed without the context: ${token.length}`);
    if (fail) throw new Error(`refused ${token}`, { cause: new Error(`because of ${read}`) });
    return { token, url: `https://example.org/?key=${encodeURIComponent(token)}` };
  },
});

let rig: Rig;
let folder: string;
let server: Server;
const received: (string | undefined)[] = [];
const lines: unknown[] = [];
const printed = vi.spyOn(console, 'error').mockImplementation(() => {});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'carillon-canary-'));
  server = createServer((request, response) => {
    // A server that quotes what it was sent.
    if (request.url?.startsWith('/list')) return response.end(`not JSON, ${request.url}`);
    received.push(request.headers.authorization);
    response.statusCode = 500;
    response.end(JSON.stringify({ message: `not ${request.headers.authorization}` }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  rig = await startRig({
    tasks: [leaking],
    heavy: true,
    keyRing: KeyRing.parse(randomBytes(32).toString('base64'), 'test'),
    settings: { objects: { url: pathToFileURL(folder).href } },
    log: (line) => lines.push(line),
  });
});
afterAll(async () => {
  await rig.close();
  printed.mockRestore();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

test('the value of a stored secret is in no place but its seal and its use', async () => {
  const { client, project } = rig;
  const put = await client.secrets.put.mutate({ project, name: 'api.token', value: canary });
  const once = { schedule: { immediate: true }, retry: { maximumAttempts: 2, initialInterval: 'PT0.05S' } };
  const { port } = server.address() as AddressInfo;
  const create = (id: string, task: string, input: object) =>
    client.jobs.create.mutate({ project, id, task, input, ...once } as never);
  await create('says', 'leaking', { token: 'secret://api.token' });
  await create('fails', 'leaking', { token: 'secret://api.token', fail: true });
  await create('calls', 'http', {
    url: `http://127.0.0.1:${port}/?token=secret://api.token`,
    headers: { authorization: 'Bearer secret://api.token' },
  });
  // An activity of its own reads the list: what it failed with once had the address with the secret.
  const http = { url: `http://127.0.0.1:${port}/list?token=secret://api.token` };
  await create('lists', 'fanOut', { items: { http }, task: 'leaking', input: {} });
  const ends = await Promise.all(['says', 'fails', 'calls', 'lists'].map((id) => rig.ended(id, 1)));
  expect(ends.map(([end]) => [end?.state, end?.error?.code])).toEqual([
    ['succeeded', undefined],
    ['failed', 'TASK_FAILED'],
    ['failed', 'HTTP_STATUS'],
    ['failed', 'FAN_OUT_SOURCE_INVALID'],
  ]);
  expect(received).toEqual(Array(2).fill(`Bearer ${canary}`));

  const answers = [put, await client.secrets.list.query({ project }), await client.audit.list.query({ project })];
  const runs = await client.runs.list.query({ project });
  const kept = await Promise.all(
    runs.items.flatMap(({ runId }) => [
      client.runs.get.query({ project, runId }),
      client.runs.logs.query({ project, runId }),
    ]),
  );
  const jobs = await Promise.all(['says', 'fails', 'calls'].map((id) => client.jobs.get.query({ project, id })));
  const places: [string, string | Buffer][] = [
    ['API', JSON.stringify([...answers, runs, kept, jobs])],
    ['logs', JSON.stringify(lines)],
    ['stderr', JSON.stringify(printed.mock.calls)],
    ['objects', await everythingInFiles(folder)],
    ...(await everythingInTemporal(rig)).map(({ id, raw }): [string, Buffer] => [id, raw]),
    ...(await everythingInTables(inject('databaseUrl'))),
  ];
  expect(places.filter(([, text]) => holds(text, canary)).map(([place]) => place)).toEqual([]);
  // What was searched holds what a run leaves behind: the search would have found it.
  expect(places.filter(([, text]) => holds(text, 'the token is ***')).map(([place]) => place)).toEqual(
    expect.arrayContaining(['API', 'objects']),
  );
  expect(places.filter(([, text]) => holds(text, 'secret://api.token')).length).toBeGreaterThan(3);
  expect(places.map(([place]) => place)).toEqual(expect.arrayContaining(['secrets', 'audit', 'runs', 'jobs']));
});

test('another project has no such secret', async () => {
  const { client, project } = rig;
  await client.jobs.create.mutate({
    ...{ project: `${project}-2`, id: 'of-another', task: 'leaking', retry: { maximumAttempts: 1 } },
    input: { token: 'secret://api.token' },
    schedule: { immediate: true },
  } as never);
  const [end] = await rig.ended('of-another', 1);
  expect(end).toMatchObject({ state: 'failed', error: { code: 'SECRET_UNKNOWN' } });
});
