import { expect, inject, it, onTestFinished, vi } from 'vitest';
import { createStore } from '../../src/store/store.js';
import { openGate } from '../store/gate.js';
import { startApiOnly } from './api-only.js';

it('writes a little later what a database that was away did not take', async () => {
  const gate = await openGate(inject('databaseUrl'));
  onTestFinished(() => gate[Symbol.asyncDispose]());
  const { client, project, log } = await startApiOnly({ databaseUrl: gate.url });
  const store = createStore({ url: inject('databaseUrl') });
  onTestFinished(() => store.close());

  await gate.cut();
  const schedule = { every: '1h' };
  const job = await client.jobs.create.mutate({ project, id: 'a', task: 'log', input: { message: 'x' }, schedule });
  expect(log.at(-1)).toMatchObject({ level: 'warn', fields: { jobId: 'a', again: true } });
  expect(await store.jobs.get(project, 'a')).toBeUndefined();
  await gate.mend();
  const row = await vi.waitFor(
    async () => (await store.jobs.get(project, 'a')) ?? Promise.reject(new Error('no row yet')),
    { timeout: 20_000 },
  );
  expect(row).toMatchObject({ revision: job.revision, createdAt: job.createdAt });
});
