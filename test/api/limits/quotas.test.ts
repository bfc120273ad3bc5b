import { randomUUID } from 'node:crypto';
import { expect, inject, test } from 'vitest';
import { isoTime } from '../../../src/core/ids.js';
import { setQuotas } from '../../rig/quotas.js';
import { deadDatabase, refusal, startApiOnly } from '../api-only.js';

const job = (project: string, message = 'hello') => ({
  ...{ project, task: 'log' as const, input: { message }, schedule: { every: '1h' } },
});

test('a project has no more jobs than its quota, however many are created at once', async () => {
  const { client, project, store } = await startApiOnly();
  await setQuotas(inject('databaseUrl'), project, { jobs: 3 });
  const creations = Array.from({ length: 10 }, () => client.jobs.create.mutate(job(project)));
  const outcomes = await Promise.allSettled(creations);
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  expect(await store.quotas.openJobs(project, 100)).toBe(3);
  const ensured = await refusal(client.jobs.ensure.mutate({ ...job(project), id: 'one-more' }));
  expect([ensured.code, ensured.details.field]).toEqual(['QUOTA_EXCEEDED', 'project']);
  expect(ensured.message).toContain('at most 3 jobs');
});

test('an input is no larger than the quota says, when it is given and when it is changed', async () => {
  const { client, project } = await startApiOnly();
  await setQuotas(inject('databaseUrl'), project, { payloadBytes: 30 });
  const { id } = await client.jobs.create.mutate(job(project));
  const large = 'x'.repeat(30);
  const refused = await Promise.all([
    refusal(client.jobs.create.mutate(job(project, large))),
    refusal(client.jobs.update.mutate({ ...job(project, large), id })),
    refusal(client.jobs.ensure.mutate({ ...job(project, large), id })),
    refusal(client.jobs.trigger.mutate({ project, id, input: { message: large } })),
  ]);
  expect(refused.map(({ code }) => code)).toEqual(Array(4).fill('PAYLOAD_TOO_LARGE'));
  expect(refused[0]?.message).toContain('at most 30 bytes');
  expect(refused[0]?.message).toContain('got 44');
});

test('no run is asked for when those of the day are used up, until the next day', async () => {
  const clock = { ahead: 0 };
  const now = () => Date.now() + clock.ahead;
  const { client, project, store } = await startApiOnly({ now });
  await setQuotas(inject('databaseUrl'), project, { runsPerDay: 1 });
  const { id } = await client.jobs.create.mutate(job(project));
  expect(await store.quotas.takeRuns(project, isoTime(now()).slice(0, 10), 1)).toBe(1);
  const range = { from: '2026-11-01T00:00:00Z', to: '2026-11-02T00:00:00Z' };
  const refused = await Promise.all([
    refusal(client.jobs.trigger.mutate({ project, id })),
    refusal(client.backfills.create.mutate({ project, jobId: id, ...range })),
  ]);
  expect(refused.map(({ code }) => code)).toEqual(['QUOTA_EXCEEDED', 'QUOTA_EXCEEDED']);
  clock.ahead = 86_400_000;
  expect(await client.jobs.trigger.mutate({ project, id })).toMatchObject({ confirmed: false });
});

test('without the database nothing is refused', async () => {
  const { client } = await startApiOnly({ databaseUrl: deadDatabase });
  const id = `q${randomUUID().slice(0, 8)}`;
  expect(await client.jobs.create.mutate({ ...job('default'), id })).toMatchObject({ id });
});
