import { expect, it } from 'vitest';
import type { CarillonClient } from '../../../src/api/client/client.js';
import { definition } from '../../store/sample.js';
import { refusal, startApiOnly } from '../api-only.js';
import { clientAs, TestCallers } from '../callers.js';
import { backfillOf, placeJob, runOf, secret } from './tenant.js';

async function tenant() {
  const callers = new TestCallers();
  const api = await startApiOnly({ authenticators: [callers], patienceMs: 50 });
  const { project, store, url } = api;
  const grant = { project, role: 'admin' } as const;
  callers.add('blind', { grants: [{ ...grant, payloads: false }] });
  callers.add('scoped', {
    grants: [{ ...grant, payloads: true }],
    scopes: ['jobs:read', 'jobs:write', 'jobs:operate'],
  });
  callers.add('seeing', { grants: [{ ...grant, payloads: true }] });
  await placeJob(store, project, 'a');
  return { ...api, as: (name: string) => clientAs(url, name) };
}

/** Every procedure whose answer could show what a job carries, with an input that makes it do so. */
function looks(client: CarillonClient, project: string): Record<string, () => Promise<unknown>> {
  const ref = { project, id: 'a' };
  const { schedule: _, retry, timeouts, catchUp, ...rest } = definition({ input: { message: secret } });
  const same = { ...ref, ...rest, retry, timeouts, catchUp, schedule: { every: '10s' }, labels: { input: 'a label' } };
  return {
    'jobs.get': () => client.jobs.get.query(ref),
    'jobs.list': () => client.jobs.list.query({ project }),
    'jobs.status': () => client.jobs.status.query(ref),
    'jobs.version': () => client.jobs.version.query({ ...ref, version: 1 }),
    'jobs.validate': () => client.jobs.validate.mutate(same),
    'runs.get': () => client.runs.get.query({ project, runId: runOf('a') }),
    'runs.list': () => client.runs.list.query({ project }),
    'runs.deadLetters': () => client.runs.deadLetters.query({ project }),
    'runs.redrive': () => client.runs.redrive.mutate({ project, dryRun: true }),
    'runs.dismiss': () => client.runs.dismiss.mutate({ project, runId: runOf('a'), undo: true }),
    'backfills.get': () => client.backfills.get.query({ project, id: backfillOf('a') }),
    'backfills.list': () => client.backfills.list.query({ project }),
  };
}

it('leaves what jobs carry out of every answer to who may not see it, and says so', async () => {
  const { as, project } = await tenant();
  for (const name of ['blind', 'scoped']) {
    for (const [path, look] of Object.entries(looks(as(name), project))) {
      const text = JSON.stringify(await look());
      expect(text, `${path} as ${name}`).not.toContain(secret);
      if (!['jobs.list', 'jobs.status'].includes(path)) expect(text, path).toContain('"payloadsHidden":true');
    }
  }
  for (const [path, look] of Object.entries(looks(as('seeing'), project))) {
    const text = JSON.stringify(await look());
    expect(text, path).toContain(secret);
    expect(text, path).not.toContain('payloadsHidden');
  }
});

it('still tells how runs ended, and keeps what is only called like a payload', async () => {
  const { as, project } = await tenant();
  const run = await as('blind').runs.get.query({ project, runId: runOf('a') });
  expect(run).toMatchObject({
    state: 'failed',
    payloadsHidden: true,
    error: { code: 'TASK_FAILED', message: 'The task threw an error without a code of its own.' },
    attempts: [{ attempt: 1, error: { code: 'TASK_FAILED' } }],
    progress: { done: 1 },
  });
  const job = await as('blind').jobs.get.query({ project, id: 'a' });
  expect(job.definition).toMatchObject({ task: 'log', labels: { input: 'a label' }, payloadsHidden: true });
  const { payloadsHidden: _, ...seen } = job.definition;
  expect(seen).not.toHaveProperty('input');
});

it('refuses what is nothing but payload', async () => {
  const { as, project } = await tenant();
  const runId = runOf('a');
  for (const name of ['blind', 'scoped']) {
    const client = as(name);
    const refused = [
      client.jobs.source.query({ project, id: 'a' }),
      client.runs.logs.query({ project, runId }),
      client.runs.result.query({ project, runId }),
    ];
    for (const call of refused)
      expect(await refusal(call)).toMatchObject({
        code: 'FORBIDDEN',
        message: expect.stringContaining('payloads:read'),
      });
  }
  expect((await as('seeing').runs.result.query({ project, runId })).text).toContain(secret);
});

it('tells who sent an input what is wrong with it', async () => {
  const { as, project } = await tenant();
  const sent = { project, id: 'c', task: 'log', schedule: { every: '1h' }, input: { message: 42 } };
  const own = await refusal(as('blind').jobs.create.mutate(sent as never));
  expect(own).toMatchObject({ code: 'TASK_INPUT_INVALID', details: { field: 'input.message', value: 42 } });
});
