import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createCarillonClient, defineConfig, defineTask } from '../../src/index.js';
import { refusal, startApiOnly } from './api-only.js';

const config = defineConfig({
  tasks: [
    defineTask({
      name: 'report.weekly',
      input: z.strictObject({ to: z.array(z.email()), pages: z.number().int().default(1) }),
      run: (_, { pages }) => pages,
    }),
    defineTask({ name: 'tidy', input: z.undefined(), run: () => undefined }),
  ],
});
const schedule = { cron: '0 9 * * MON' };

describe('a client that knows its tasks', () => {
  it('passes inputs that fit, of own and built-in tasks', async () => {
    const { url, project } = await startApiOnly({ tasks: config.tasks });
    const client = createCarillonClient<typeof config>({ url });
    const job = await client.jobs.create.mutate({
      project,
      task: 'report.weekly',
      input: { to: ['a@b.org'] },
      schedule,
    });
    expect(job.definition).toMatchObject({ task: 'report.weekly', input: { to: ['a@b.org'] } });
    await client.jobs.create.mutate({ project, task: 'tidy', schedule });
    await client.jobs.create.mutate({ project, task: 'http', input: { url: 'https://example.org' }, schedule });
  });

  it('has inputs that do not fit refused by the compiler, and by the API with the path of the field', async () => {
    const { url, project } = await startApiOnly({ tasks: config.tasks });
    const client = createCarillonClient<typeof config>({ url });
    const task = 'report.weekly';

    // @ts-expect-error `to` holds addresses
    const wrongItem = await refusal(client.jobs.create.mutate({ project, task, input: { to: [5] }, schedule }));
    expect(wrongItem).toMatchObject({ code: 'TASK_INPUT_INVALID', details: { field: 'input.to.0', value: 5 } });

    // @ts-expect-error `to` is missing
    const missing = await refusal(client.jobs.create.mutate({ project, task, input: { pages: 2 }, schedule }));
    expect(missing).toMatchObject({ code: 'TASK_INPUT_INVALID', details: { field: 'input.to' } });

    // @ts-expect-error the task takes no such field
    const input: Parameters<typeof client.jobs.create.mutate>[0]['input'] = { to: [], carbon: [] };
    const unknown = await refusal(client.jobs.create.mutate({ project, task, input: input as never, schedule }));
    expect(unknown).toMatchObject({ code: 'TASK_INPUT_INVALID', details: { field: 'input.carbon' } });

    // @ts-expect-error the input is missing
    const none = await refusal(client.jobs.create.mutate({ project, task, schedule }));
    expect(none.code).toBe('TASK_INPUT_INVALID');

    // @ts-expect-error there is no such task
    const noTask = await refusal(client.jobs.create.mutate({ project, task: 'report.daily', schedule }));
    expect(noTask).toMatchObject({ code: 'TASK_UNKNOWN', details: { field: 'task', value: 'report.daily' } });

    // @ts-expect-error a schedule has no such field
    const field = await refusal(client.jobs.create.mutate({ project, task: 'tidy', schedule: { hourly: true } }));
    expect(field).toMatchObject({ code: 'INPUT_INVALID' });

    expect((await client.jobs.list.query({ project })).items).toEqual([]);
  });
});
