import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineTask } from '../../src/core/task/task.js';
import { carillon } from '../cli/terminal.js';
import { type Rig, startRig } from '../rig/rig.js';
import { refusal, startApiOnly } from './api-only.js';

const fails = defineTask({
  name: 'fails',
  input: z.strictObject({}),
  run() {
    throw new Error('never works');
  },
});
const failing = { task: 'fails', input: {}, schedule: { every: '1h' }, retry: { maximumAttempts: 1 } } as const;

describe('deleting a job', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig({ tasks: [fails] });
    return () => rig.close();
  });

  it('ends it and takes it out of every answer, while its history stays', async () => {
    const { client, project, store } = rig;
    await client.jobs.create.mutate({ ...failing, project, id: 'a' });
    await client.jobs.trigger.mutate({ project, id: 'a', key: 'k' });
    await rig.ended('a', 1);
    expect((await client.runs.deadLetters.query({ project })).items).toHaveLength(1);

    const deleted = await client.jobs.delete.mutate({ project, id: 'a', by: 'ada', reason: 'no longer needed' });
    expect(deleted).toMatchObject({ id: 'a', confirmed: true });

    const ref = { project, id: 'a' };
    const asked = [
      () => client.jobs.get.query(ref),
      () => client.jobs.status.query(ref),
      () => client.jobs.source.query(ref),
      () => client.jobs.next.query(ref),
      () => client.jobs.pause.mutate(ref),
      () => client.jobs.trigger.mutate({ ...ref, key: 'k' }),
      () => client.jobs.update.mutate({ ...failing, ...ref }),
      () => client.jobs.delete.mutate(ref),
      () => client.runs.retry.mutate({ project, runId: 'a@key:k' }),
    ];
    for (const ask of asked) expect((await refusal(ask())).code).toBe('JOB_NOT_FOUND');
    expect((await client.jobs.list.query({ project })).items).toEqual([]);
    expect((await client.runs.deadLetters.query({ project })).items).toEqual([]);
    expect((await client.runs.list.query({ project, jobId: 'a' })).items).toMatchObject([{ runId: 'a@key:k' }]);
    expect((await client.jobs.versions.query(ref)).items).toHaveLength(1);

    // News that come late, of a higher revision, do not bring it back.
    const row = await store.jobs.get(project, 'a');
    expect(row).toMatchObject({ state: 'cancelled', closeReason: 'no longer needed', deletedAt: deleted.deletedAt });
    await store.write([{ snapshot: { ...row!, revision: 1000, state: 'scheduled' }, entries: [] }]);
    expect((await refusal(client.jobs.get.query(ref))).code).toBe('JOB_NOT_FOUND');
    expect((await client.jobs.list.query({ project })).items).toEqual([]);
  });

  it('keeps the id taken, and says why', async () => {
    const { client, project } = rig;
    await client.jobs.create.mutate({ ...failing, project, id: 'b', idempotencyKey: 'once' });
    await client.jobs.delete.mutate({ project, id: 'b' });
    const asked = [
      () => client.jobs.create.mutate({ ...failing, project, id: 'b' }),
      () => client.jobs.create.mutate({ ...failing, project, id: 'b', idempotencyKey: 'once' }),
      () => client.jobs.ensure.mutate({ ...failing, project, id: 'b' }),
      () => client.jobs.validate.mutate({ ...failing, project, id: 'b' }),
    ];
    for (const ask of asked) {
      const { code, message } = await refusal(ask());
      expect({ code, message }).toMatchObject({ code: 'JOB_EXISTS', message: expect.stringContaining('was deleted') });
    }
  });

  it('works on the command line, and of jobs that have ended', async () => {
    const { client, project, url } = rig;
    await client.jobs.create.mutate({ ...failing, project, id: 'c' });
    await client.jobs.cancel.mutate({ project, id: 'c' });
    const at = ['--url', url, '--project', project];
    expect(await carillon(['jobs', 'delete', 'c', ...at])).toMatchObject({ code: 1, out: '' });
    expect(await carillon(['jobs', 'delete', 'c', '--yes', ...at])).toMatchObject({ code: 0, err: 'deleted c\n' });
    expect(await carillon(['jobs', 'get', 'c', ...at])).toMatchObject({
      code: 1,
      err: expect.stringContaining('JOB_NOT_FOUND'),
    });
  });
});

it('deletes a job that nobody works on: it ends when a worker is back', async () => {
  const { client, project } = await startApiOnly();
  await client.jobs.create.mutate({
    task: 'log',
    input: { message: 'hi' },
    schedule: { every: '1h' },
    project,
    id: 'a',
  });
  expect(await client.jobs.delete.mutate({ project, id: 'a' })).toMatchObject({ confirmed: false });
  expect((await refusal(client.jobs.status.query({ project, id: 'a' }))).code).toBe('JOB_NOT_FOUND');
});
