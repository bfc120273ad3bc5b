import { describe, expect, it } from 'vitest';
import { deadDatabase, deadTemporal, refusal, startApiOnly } from './api-only.js';

const hourly = { task: 'log', input: { message: 'hi' }, schedule: { every: '1h' } } as const;

describe('jobs.create', () => {
  it('answers with the job, and the list has it at once, without any worker', async () => {
    const api = await startApiOnly();
    const { client, project } = api;
    const job = await client.jobs.create.mutate({ ...hourly, project, id: 'a', owner: 'ops', by: 'ada' });
    expect(job).toMatchObject({
      id: 'a',
      project,
      state: 'scheduled',
      revision: 2,
      words: 'every hour',
      createdBy: 'ada',
    });
    expect(job.definition.schedule).toMatchObject({ every: 'PT1H', timezone: 'UTC' });
    expect(job.links.temporalUi).toBe(`http://127.0.0.1:8233/namespaces/default/workflows/job%3A${project}%3Aa`);
    const { items } = await client.jobs.list.query({ project });
    expect(items.map(({ id, owner }) => ({ id, owner }))).toEqual([{ id: 'a', owner: 'ops' }]);
    const read = await client.jobs.get.query({ project, id: 'a' });
    expect(read).toMatchObject(job);
    expect(read.next).toHaveLength(5);
  });

  it('makes an id of the task when none is given', async () => {
    const api = await startApiOnly();
    const { client, project } = api;
    const [one, two] = await Promise.all([0, 1].map(() => client.jobs.create.mutate({ ...hourly, project })));
    expect(one?.id).toMatch(/^log-[a-z2-7]{8}$/);
    expect(one?.id).not.toBe(two?.id);
  });

  it('makes one job of a hundred requests with one key, and a hundred equal answers', async () => {
    const api = await startApiOnly();
    const { client, project } = api;
    const request = { ...hourly, project, idempotencyKey: 'deploy-42' };
    const answers = await Promise.all(Array.from({ length: 100 }, () => client.jobs.create.mutate(request)));
    expect(new Set(answers.map((job) => JSON.stringify(job))).size).toBe(1);
    expect((await client.jobs.list.query({ project })).items).toHaveLength(1);
  });

  it('refuses an id that is taken, and a key with another definition', async () => {
    const api = await startApiOnly();
    const { client, project } = api;
    await client.jobs.create.mutate({ ...hourly, project, id: 'a', idempotencyKey: 'k' });
    const again = { ...hourly, project, id: 'a' };
    expect((await refusal(client.jobs.create.mutate(again))).code).toBe('JOB_EXISTS');
    expect((await refusal(client.jobs.create.mutate({ ...again, idempotencyKey: 'other' }))).code).toBe('JOB_EXISTS');
    const changed = { ...again, idempotencyKey: 'k', schedule: { every: '2h' } };
    expect((await refusal(client.jobs.create.mutate(changed))).code).toBe('IDEMPOTENCY_MISMATCH');
    expect((await client.jobs.create.mutate({ ...again, idempotencyKey: 'k' })).id).toBe('a');
  });

  it('answers a repetition whose only time has passed meanwhile', async () => {
    let now = Date.now();
    const api = await startApiOnly({ now: () => now });
    const { client, project } = api;
    const at = new Date(now + 60_000).toISOString();
    const request = { ...hourly, project, schedule: { at }, idempotencyKey: 'once' };
    const first = await client.jobs.create.mutate(request);
    now += 3_600_000;
    expect(await client.jobs.create.mutate(request)).toEqual(first);
    expect((await refusal(client.jobs.create.mutate({ ...request, idempotencyKey: 'late' }))).code).toBe(
      'SCHEDULE_NEVER_FIRES',
    );
  });

  it.each([
    ['an unknown field', { colour: 'red' }, 'INPUT_INVALID', 'colour'],
    ['an unknown field inside', { retry: { tries: 3 } }, 'INPUT_INVALID', 'retry.tries'],
    ['an unknown task', { task: 'nope' }, 'TASK_UNKNOWN', 'task'],
    [
      'an input that does not fit',
      { task: 'http', input: { url: 'https://x.org', headers: { a: 1 } } },
      'TASK_INPUT_INVALID',
      'input.headers.a',
    ],
    ['a malformed cron', { schedule: { cron: '61 * * * *' } }, 'CRON_INVALID', 'schedule.cron'],
    [
      'an unknown zone',
      { schedule: { cron: '* * * * *', timezone: 'Mars/Base' } },
      'TIMEZONE_UNKNOWN',
      'schedule.timezone',
    ],
    ['a time that has passed', { schedule: { at: '2001-01-01T00:00:00Z' } }, 'SCHEDULE_NEVER_FIRES', 'schedule'],
    ['two schedules', { schedule: { every: '1h', cron: '* * * * *' } }, 'INPUT_INVALID', 'schedule'],
    ['a large input', { input: { message: 'x', fields: { a: 'x'.repeat(300_000) } } }, 'PAYLOAD_TOO_LARGE', 'input'],
    [
      'a light run that takes long',
      { lane: 'light', timeouts: { attempt: '1m' } },
      'LIGHT_BOUND_EXCEEDED',
      'timeouts.attempt',
    ],
    ['an id with a slash', { id: 'a/b' }, 'INPUT_INVALID', 'id'],
  ])('refuses %s by its code and path, and stores nothing', async (_, fault, code, field) => {
    const api = await startApiOnly();
    const { client, project } = api;
    // biome-ignore lint/suspicious/noExplicitAny: most of these do not pass the compiler, which is the point of it.
    const request: any = { ...hourly, project, id: 'a', ...fault };
    const error = await refusal(client.jobs.create.mutate(request));
    expect({ code: error.code, field: error.details.field }).toEqual({ code, field });
    expect(error.details.hint).toBeTruthy();
    expect((await client.jobs.list.query({ project })).items).toEqual([]);
    expect(await api.gateway.describe({ project, jobId: 'a' })).toBeUndefined();
  });
});

describe('jobs.create while the database is away', () => {
  it('creates by Temporal alone, and still knows a taken id and a repeated key', async () => {
    const api = await startApiOnly({ databaseUrl: deadDatabase });
    const { client, project, gateway } = api;
    const request = { ...hourly, project, id: 'a', idempotencyKey: 'k' };
    const job = await client.jobs.create.mutate(request);
    expect((await gateway.describe({ project, jobId: 'a' }))?.open).toBe(true);
    expect(await client.jobs.create.mutate(request)).toEqual(job);
    expect((await refusal(client.jobs.create.mutate({ ...hourly, project, id: 'a' }))).code).toBe('JOB_EXISTS');
    const changed = { ...request, schedule: { every: '2h' } };
    expect((await refusal(client.jobs.create.mutate(changed))).code).toBe('IDEMPOTENCY_MISMATCH');
    expect((await refusal(client.jobs.list.query({ project }))).code).toBe('STORE_UNAVAILABLE');
  });
});

describe('jobs.create while Temporal is away', () => {
  it('fails with TEMPORAL_UNAVAILABLE and stores nothing', async () => {
    const api = await startApiOnly({ temporalAddress: deadTemporal });
    const { client, project } = api;
    const error = await refusal(client.jobs.create.mutate({ ...hourly, project, id: 'a' }));
    expect(error.code).toBe('TEMPORAL_UNAVAILABLE');
    expect(error.details.value).toBe(deadTemporal);
    expect((await client.jobs.list.query({ project })).items).toEqual([]);
  });
});
