import { expect, test } from 'vitest';
import { startApiOnly } from '../api/api-only.js';
import { startWorker } from '../api/late-worker.js';
import { carillon } from './terminal.js';

test('jobs are changed together: told, asked, done, followed', async () => {
  const api = await startApiOnly({ patienceMs: 20_000 });
  await startWorker(api);
  const { client, project } = api;
  const at = ['--url', api.url, '--project', project];
  const run = (argv: string[], ask?: () => Promise<string>) =>
    carillon([...argv, ...at], { env: { USER: 'ada' }, ask });
  const job = { task: 'log', input: { message: 'hi' }, schedule: { every: '1h' }, project } as const;
  for (const id of ['a', 'b', 'c']) {
    await client.jobs.create.mutate({ ...job, id, labels: { team: id === 'c' ? 'other' : 'sales' } });
  }
  const sales = ['--label', 'team=sales'];

  expect(await run(['bulk', 'pause'])).toMatchObject({ code: 1, err: expect.stringContaining('--all') });
  const dry = await run(['bulk', 'pause', ...sales, '--dry-run']);
  expect(dry).toEqual({ code: 0, out: 'b\na\n', err: 'dry run: 2 jobs fit\n' });
  expect(await run(['bulk', 'pause', ...sales])).toMatchObject({ code: 1, err: expect.stringContaining('--yes') });
  expect(await run(['bulk', 'pause', ...sales], async () => 'n')).toMatchObject({ code: 1, err: 'nothing done\n' });

  const paused = await run(['bulk', 'pause', ...sales, '--note', 'move', '--yes', '--wait', '-o', 'json']);
  expect(paused.code).toBe(0);
  expect(paused.err).toMatch(/^op-\w+: pause 2 jobs\n(running: .*\n)*succeeded: 2 of 2, 0 failed\n$/);
  const operation = JSON.parse(paused.out);
  expect(operation).toMatchObject({ state: 'succeeded', createdBy: 'ada', note: 'move', counts: { done: 2 } });
  expect((await client.jobs.list.query({ project, state: ['paused'] })).items.map(({ id }) => id)).toEqual(['b', 'a']);

  expect((await run(['operations', 'list', '--state', 'succeeded'])).out).toMatch(
    new RegExp(`^ID +ACTION +STATE .*\n${operation.id} +pause +succeeded +2 +2 +0 +0 .* ada\n$`),
  );
  expect((await run(['operations', 'get', operation.id, '--wait'])).out).toMatch(
    /^filter +\{"labels":\{"team":"sales"\}\}$/m,
  );
  expect(await run(['operations', 'cancel', operation.id])).toMatchObject({
    code: 1,
    err: expect.stringContaining('OPERATION_CLOSED'),
  });
  expect((await run(['bulk', 'retry', '--all', '--dry-run'])).err).toBe('dry run: 0 runs fit\n');
});
