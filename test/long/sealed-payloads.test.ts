import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { Payload } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { defineTask } from '../../src/core/task/task.js';
import { KeyRing } from '../../src/keyring/key-ring.js';
import { sealedEncoding } from '../../src/keyring/payload-codec.js';
import { everythingInTemporal, holds } from '../encryption/search.js';
import { executionsOf, type Rig, startRig } from '../rig/rig.js';
import { folderFiles } from '../tasks/folder-files.js';

const canary = `canary-${Date.now().toString(36)}-in-a-payload`;

const echo = defineTask({
  name: 'echo',
  input: z.strictObject({ text: z.string(), fail: z.boolean().default(false) }),
  run(context, { text, fail }) {
    context.progress(1, 1, text);
    if (fail) throw new Error(`cannot do ${text}`, { cause: new Error(`as ${text} is wrong`) });
    return { text };
  },
});

let rig: Rig;
let folder: string;

beforeAll(async () => {
  const files = await folderFiles();
  folder = files.folder;
  const keyRing = KeyRing.parse(randomBytes(32).toString('base64'), 'test');
  rig = await startRig({ tasks: [echo], heavy: true, services: files.services, keyRing, sealPayloads: true });
});
afterAll(async () => {
  await rig.close();
  await rm(folder, { recursive: true });
});

test('no payload is in Temporal in clear, whichever way a run goes', async () => {
  const { client, project } = rig;
  const create = (id: string, more: object) =>
    client.jobs.create.mutate({
      ...{ project, id, task: 'echo', description: `says ${canary}`, input: { text: canary } },
      ...{ schedule: { immediate: true }, retry: { maximumAttempts: 2, initialInterval: 'PT0.05S' } },
      ...more,
    } as never);
  await create('light', { lane: 'light', timeouts: { attempt: 'PT1S' } });
  await create('standard', {});
  await create('heavy', { lane: 'heavy' });
  await create('fails', { input: { text: canary, fail: true } });
  await create('fails-light', { lane: 'light', timeouts: { attempt: 'PT1S' }, input: { text: canary, fail: true } });
  const items = [{ text: canary }, { text: canary, fail: true }];
  await create('fans-out', { task: 'fanOut', input: { items, task: 'echo', retry: { maximumAttempts: 1 } } });
  await create('triggered', { schedule: { every: '1d' }, input: { text: 'no input' } });
  await client.jobs.trigger.mutate({ project, id: 'triggered', input: { text: canary } });
  await client.jobs.pause.mutate({ project, id: 'triggered', note: canary });
  const from = new Date(Date.now() - 3 * 86_400_000).toISOString();
  const to = new Date().toISOString();
  await client.backfills.create.mutate({ project, jobId: 'triggered', from, to, input: { text: canary } } as never);

  const wanted = { light: 1, standard: 1, heavy: 1, fails: 1, 'fails-light': 1, 'fans-out': 1, triggered: 3 };
  const ends = await Promise.all(Object.entries(wanted).map(([id, count]) => rig.ended(id, count)));
  expect(ends.flat().map(({ jobId, state }) => `${jobId} ${state}`)).toEqual([
    ...['light succeeded', 'standard succeeded', 'heavy succeeded', 'fails failed', 'fails-light failed'],
    ...['fans-out failed', 'triggered succeeded', 'triggered succeeded', 'triggered succeeded'],
  ]);
  // The ledger has what was said.
  for (const end of ends.flat()) expect(JSON.stringify([end.result, end.error])).toContain(canary);
  const status = await client.jobs.status.query({ project, id: 'triggered' });
  expect(status).toMatchObject({ live: true, pause: { note: canary } });

  const raw = await everythingInTemporal(rig);
  expect(raw.length).toBeGreaterThanOrEqual(9);
  expect(raw.filter((one) => holds(one.raw, canary)).map(({ id }) => id)).toEqual([]);
  expect(raw.filter((one) => !one.raw.includes(sealedEncoding)).map(({ id }) => id)).toEqual([]);
});

test('the codec endpoint opens what Temporal has, and seals what is to be sent there', async () => {
  const [first] = await executionsOf(rig.temporal, `job:${rig.project}:standard`);
  const started = first?.history.events?.[0]?.workflowExecutionStartedEventAttributes;
  const sealed = (started?.input?.payloads ?? []) as Payload[];
  const wire = sealed.map(({ metadata, data }) => ({
    metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, bytes]) => [name, base64(bytes)])),
    data: base64(data),
  }));
  const opened = await codec('decode', wire);
  expect(Buffer.from(opened[0]?.data ?? '', 'base64').toString()).toContain(canary);
  expect(Buffer.from(opened[0]?.metadata.encoding ?? '', 'base64').toString()).toBe('json/plain');
  const again = await codec('encode', opened);
  expect(Buffer.from(again[0]?.metadata.encoding ?? '', 'base64').toString()).toBe(sealedEncoding);
  expect(await codec('decode', again)).toEqual(opened);
});

const base64 = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString('base64');

async function codec(what: 'encode' | 'decode', payloads: object[]) {
  const answer = await fetch(`${rig.url}/codec/${what}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-namespace': 'default' },
    body: JSON.stringify({ payloads }),
  });
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { payloads: { metadata: Record<string, string>; data: string }[] }).payloads;
}
