import { describe, expect, it, vi } from 'vitest';
import { startRig } from '../rig/rig.js';
import { refusal, startApiOnly } from './api-only.js';
import { startWorker } from './late-worker.js';

const hourly = { task: 'log', input: { message: 'hi' }, schedule: { every: '1h' } } as const;

describe('commands', () => {
  it('change the job, and the list shows it before the answer is given', async () => {
    const rig = await startRig();
    const { client, project } = rig;
    await client.jobs.create.mutate({ ...hourly, project, id: 'a' });
    const listed = async () => (await client.jobs.list.query({ project })).items[0];

    const paused = await client.jobs.pause.mutate({ project, id: 'a', note: 'holiday', by: 'ada' });
    expect(paused).toMatchObject({ confirmed: true, job: { state: 'paused', pause: { note: 'holiday', by: 'ada' } } });
    expect(await listed()).toMatchObject({ state: 'paused', nextRunAt: null });

    expect(await client.jobs.resume.mutate({ project, id: 'a' })).toMatchObject({
      job: { state: 'scheduled', pause: null },
    });
    expect(await listed()).toMatchObject({ state: 'scheduled' });

    const cron = { cron: '0 9 * * *', timezone: 'Europe/Berlin' };
    const rescheduled = await client.jobs.reschedule.mutate({ project, id: 'a', schedule: cron, by: 'bob' });
    expect(rescheduled.job).toMatchObject({
      definitionVersion: 2,
      definedBy: 'bob',
      definition: { schedule: cron, input: hourly.input },
    });
    expect(await listed()).toMatchObject({ words: rescheduled.job?.words });

    const cancelled = await client.jobs.cancel.mutate({ project, id: 'a', reason: 'done with it' });
    expect(cancelled.job).toMatchObject({ state: 'cancelled', closeReason: 'done with it' });
    expect(await listed()).toMatchObject({ state: 'cancelled', nextRunAt: null });
    expect(await client.jobs.next.query({ project, id: 'a' })).toMatchObject({ times: [] });
    expect((await refusal(client.jobs.create.mutate({ ...hourly, project, id: 'a' }))).code).toBe('JOB_EXISTS');
  });

  it('keep the beat of an interval that stays the same', async () => {
    const rig = await startRig();
    const { client, project } = rig;
    const before = await client.jobs.create.mutate({ ...hourly, project, id: 'a' });
    const { job } = await client.jobs.update.mutate({ ...hourly, project, id: 'a', owner: 'ops' });
    expect(job).toMatchObject({ definitionVersion: 2, nextRunAt: before.nextRunAt, definition: { owner: 'ops' } });
  });

  it('given twice under one id are done once', async () => {
    const rig = await startRig();
    const { client, project } = rig;
    await client.jobs.create.mutate({ ...hourly, project, id: 'a' });
    const command = { project, id: 'a', schedule: { every: '2h' }, commandId: 'c-1' };
    const first = await client.jobs.reschedule.mutate(command);
    const second = await client.jobs.reschedule.mutate(command);
    expect(second.job?.definitionVersion).toBe(first.job?.definitionVersion);
  });

  it('say whether a job never was or has ended', async () => {
    const rig = await startRig();
    const { client, project } = rig;
    await client.jobs.create.mutate({ ...hourly, project, id: 'gone' });
    await client.jobs.cancel.mutate({ project, id: 'gone' });
    await rig.handle('gone').result();
    expect((await refusal(client.jobs.pause.mutate({ project, id: 'gone' }))).code).toBe('JOB_CLOSED');
    expect((await refusal(client.jobs.trigger.mutate({ project, id: 'gone' }))).code).toBe('JOB_CLOSED');
    expect((await refusal(client.jobs.update.mutate({ ...hourly, project, id: 'gone' }))).code).toBe('JOB_CLOSED');
    expect((await refusal(client.jobs.pause.mutate({ project, id: 'never' }))).code).toBe('JOB_NOT_FOUND');
    expect((await refusal(client.jobs.status.query({ project, id: 'never' }))).code).toBe('JOB_NOT_FOUND');
    expect((await refusal(client.jobs.get.query({ project, id: 'never' }))).code).toBe('JOB_NOT_FOUND');
    expect((await refusal(client.runs.get.query({ project, runId: 'never@x' }))).code).toBe('RUN_NOT_FOUND');
  });

  it('are checked before they are sent', async () => {
    const rig = await startRig();
    const { client, project } = rig;
    const job = await client.jobs.create.mutate({ ...hourly, project, id: 'a' });
    const bad = client.jobs.reschedule.mutate({ project, id: 'a', schedule: { cron: 'x' } });
    expect((await refusal(bad)).code).toBe('CRON_INVALID');
    const input = client.jobs.trigger.mutate({ project, id: 'a', input: { message: 5 } });
    expect(await refusal(input)).toMatchObject({ code: 'TASK_INPUT_INVALID', details: { field: 'input.message' } });
    expect(await client.jobs.get.query({ project, id: 'a' })).toMatchObject({ revision: job.revision });
  });

  it('start a run by hand once per key, also long after', async () => {
    const rig = await startRig();
    const { client, project } = rig;
    await client.jobs.create.mutate({ ...hourly, project, id: 'a' });
    const command = { project, id: 'a', key: 'deploy-42', input: { message: 'by hand' } };
    const started = await client.jobs.trigger.mutate(command);
    expect(started).toMatchObject({ confirmed: true, runId: 'a@key:deploy-42', run: { trigger: 'manual' } });
    const [entry] = await rig.ended('a', 1);
    expect(entry).toMatchObject({ runId: 'a@key:deploy-42', state: 'succeeded' });
    expect((await client.jobs.trigger.mutate(command)).run).toMatchObject({
      state: 'succeeded',
      finishedAt: entry?.finishedAt,
    });
    expect(await client.runs.get.query({ project, runId: started.runId })).toMatchObject({
      jobId: 'a',
      input: { message: 'by hand' },
    });
    expect(await client.jobs.status.query({ project, id: 'a' })).toMatchObject({
      live: true,
      counters: { succeeded: 1 },
    });
  });

  it('wait with Temporal while no worker answers, and take effect once when one is back', async () => {
    const api = await startApiOnly();
    const { client, project } = api;
    await client.jobs.create.mutate({ ...hourly, project, id: 'a' });
    const answer = await client.jobs.pause.mutate({ project, id: 'a', note: 'later' });
    expect(answer).toMatchObject({ confirmed: false, job: { state: 'scheduled' } });
    const trigger = await client.jobs.trigger.mutate({ project, id: 'a', key: 'k' });
    expect(trigger).toMatchObject({ confirmed: false, runId: 'a@key:k', run: null });
    expect(await client.jobs.status.query({ project, id: 'a' })).toMatchObject({
      live: false,
      state: 'scheduled',
      outbox: null,
    });

    const worker = await startWorker(api);
    await worker.recorded('a@key:k');
    const status = await client.jobs.status.query({ project, id: 'a' });
    expect(status).toMatchObject({ live: true, state: 'paused', pause: { note: 'later' }, counters: { succeeded: 1 } });
    expect(status.recent.map(({ runId }) => runId)).toEqual(['a@key:k']);
  });
});

describe('jobs.status', () => {
  it('shows the attempt under way, why the one before failed, and when the next is due', async () => {
    const { client, project } = await startRig();
    await client.jobs.create.mutate({
      ...{ project, id: 'a', task: 'http', input: { url: 'http://127.0.0.1:1/' }, schedule: { immediate: true } },
      retry: { initialInterval: '1h', maximumInterval: '1h' },
    });
    const run = await vi.waitFor(
      async () => {
        const { running } = await client.jobs.status.query({ project, id: 'a' });
        if (running[0]?.state !== 'retrying') throw new Error(`Got ${JSON.stringify(running)}.`);
        return running[0];
      },
      { timeout: 20_000 },
    );
    expect(run).toMatchObject({ attempt: 2, lastFailure: expect.stringContaining('127.0.0.1:1') });
    expect(Date.parse(run.nextAttemptAt ?? '')).toBeGreaterThan(Date.now());
  });
});
