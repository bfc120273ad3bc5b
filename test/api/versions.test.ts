import { describe, expect, it } from 'vitest';
import { refusal, startApiOnly } from './api-only.js';
import { startWorker } from './late-worker.js';

const first = { task: 'log', input: { message: 'one' }, schedule: { every: '1h' }, labels: { team: 'a' } } as const;

describe('versions of a definition', () => {
  it('are listed with who and when, read whole, and taken again', async () => {
    const api = await startApiOnly({ patienceMs: 20_000 });
    await startWorker(api);
    const { client, project } = api;
    const ref = { project, id: 'a' };
    const created = await client.jobs.create.mutate({ ...first, ...ref, by: 'ada' });
    await client.jobs.update.mutate({ ...first, ...ref, input: { message: 'two' }, by: 'bob' });
    await client.jobs.reschedule.mutate({ ...ref, schedule: { cron: '0 9 * * *' } });

    const page = await client.jobs.versions.query({ ...ref, limit: 2 });
    expect(page.items).toMatchObject([
      { version: 3, words: 'at 09:00, UTC', task: 'log' },
      { version: 2, words: 'every hour', definedBy: 'bob' },
    ]);
    const rest = await client.jobs.versions.query({ ...ref, limit: 2, cursor: page.nextCursor ?? '' });
    expect(rest).toMatchObject({
      items: [{ version: 1, definedBy: 'ada', definedAt: created.createdAt }],
      nextCursor: null,
    });
    expect(await client.jobs.version.query({ ...ref, version: 2 })).toMatchObject({
      ...{ version: 2, definition: { input: { message: 'two' }, schedule: { every: 'PT1H' } } },
    });

    const back = await client.jobs.rollback.mutate({ ...ref, version: 1, by: 'eve' });
    expect(back.job).toMatchObject({
      ...{ definitionVersion: 4, definedBy: 'eve', digest: created.digest, nextRunAt: created.nextRunAt },
      definition: created.definition,
    });
    // The file that version 1 came from has nothing to say that is not so.
    expect((await client.jobs.ensure.mutate({ ...first, ...ref })).action).toBe('unchanged');
  });

  it('that never were are refused, and so is a change that was made from an older one', async () => {
    const api = await startApiOnly({ patienceMs: 20_000 });
    await startWorker(api);
    const { client, project } = api;
    const ref = { project, id: 'a' };
    await client.jobs.create.mutate({ ...first, ...ref });
    expect(await refusal(client.jobs.version.query({ ...ref, version: 7 }))).toMatchObject({
      ...{ code: 'VERSION_NOT_FOUND', details: { field: 'version', value: 7 } },
    });
    expect((await refusal(client.jobs.rollback.mutate({ ...ref, version: 7 }))).code).toBe('VERSION_NOT_FOUND');
    expect((await refusal(client.jobs.versions.query({ project, id: 'never' }))).code).toBe('JOB_NOT_FOUND');

    await client.jobs.update.mutate({ ...first, ...ref, owner: 'ops', ifVersion: 1 });
    const late = client.jobs.update.mutate({ ...first, ...ref, owner: 'sales', ifVersion: 1 });
    expect((await refusal(late)).code).toBe('JOB_CHANGED');
    expect(await client.jobs.get.query(ref)).toMatchObject({ definitionVersion: 2, definition: { owner: 'ops' } });
  });

  it('that were exported can be applied as they are: nothing differs', async () => {
    const { client, project } = await startApiOnly();
    const jobs = [
      first,
      { ...first, schedule: { every: '90m', anchor: '2026-01-01T00:05:00+01:00', maxRuns: 4 } },
      { ...first, schedule: { cron: '0 9 * * MON-FRI', timezone: 'Europe/Berlin' }, timeouts: { run: '1h' } },
      { ...first, schedule: { at: '2099-01-01T09:00', timezone: 'Europe/Berlin' }, lane: 'heavy' as const },
    ];
    for (const [index, definition] of jobs.entries()) {
      const ref = { project, id: `job-${index}` };
      await client.jobs.create.mutate({ ...definition, ...ref });
      const exported = (await client.jobs.get.query(ref)).definition;
      expect((await client.jobs.ensure.mutate({ ...exported, ...ref })).action).toBe('unchanged');
      const changed = { ...exported, ...ref, owner: 'someone' };
      expect((await client.jobs.validate.mutate(changed)).action).toBe('update');
    }
  });
});
