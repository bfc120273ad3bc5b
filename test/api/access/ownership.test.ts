import { expect, it } from 'vitest';
import { refusal, startApiOnly } from '../api-only.js';
import { clientAs, TestCallers } from '../callers.js';
import { startWorker } from '../late-worker.js';

const written = { task: 'log', schedule: { every: '1h' }, input: { message: 'hi' } };

async function tenant() {
  const callers = new TestCallers();
  const api = await startApiOnly({ authenticators: [callers], patienceMs: 5000 });
  const { project, url } = api;
  const grant = (role: 'admin' | 'developer' | 'owner') => ({ grants: [{ project, role, payloads: true }] });
  callers.add('dora', { ...grant('developer'), owns: ['dora', 'team-sales'] });
  callers.add('emil', { ...grant('developer') });
  callers.add('ghost', { ...grant('developer'), owns: [] });
  callers.add('ada', { ...grant('admin') });
  callers.add('wordy', { ...grant('admin'), name: 'w'.repeat(300) });
  const as = (name: string) => clientAs(url, name);
  return { ...api, as, dora: as('dora'), emil: as('emil'), ada: as('ada') };
}

it('puts the caller in where a developer names no owner, and takes no other than their own', async () => {
  const { project, dora, ada, as } = await tenant();
  expect((await dora.jobs.create.mutate({ project, id: 'a', ...written })).definition.owner).toBe('dora');
  const team = await dora.jobs.create.mutate({ project, id: 'b', owner: 'team-sales', ...written });
  expect(team.definition.owner).toBe('team-sales');
  const given = dora.jobs.create.mutate({ project, id: 'c', owner: 'emil', ...written });
  expect(await refusal(given)).toMatchObject({ code: 'FORBIDDEN', details: { field: 'owner', value: 'emil' } });
  const nameless = as('ghost').jobs.create.mutate({ project, id: 'c', ...written });
  expect((await refusal(nameless)).code).toBe('FORBIDDEN');
  const created = await ada.jobs.create.mutate({ project, id: 'd', ...written });
  expect(created.definition).not.toHaveProperty('owner');
  expect((await ada.jobs.create.mutate({ project, id: 'e', owner: 'emil', ...written })).definition.owner).toBe('emil');
});

it('finds a file without an owner unchanged, whoever applies it', async () => {
  const { project, dora, emil, ada } = await tenant();
  const file = { project, id: 'a', ...written };
  expect(await dora.jobs.ensure.mutate(file)).toMatchObject({ action: 'created' });
  expect(await dora.jobs.ensure.mutate(file)).toMatchObject({ action: 'unchanged' });
  expect(await ada.jobs.ensure.mutate(file)).toMatchObject({ action: 'unchanged' });
  expect(await ada.jobs.validate.mutate(file)).toMatchObject({ action: 'unchanged', definition: { owner: 'dora' } });
  expect((await refusal(emil.jobs.ensure.mutate(file))).code).toBe('FORBIDDEN');
  expect((await refusal(emil.jobs.validate.mutate(file))).code).toBe('FORBIDDEN');
});

it('keeps the owner through changes, and lets nobody give away or take what is not theirs', async () => {
  const api = await tenant();
  const { project, dora, emil, ada } = api;
  await startWorker(api);
  const file = { project, id: 'a', ...written };
  const rarer = { ...file, schedule: { every: '2h' } };
  await dora.jobs.create.mutate(file);
  for (const client of [dora, ada]) {
    const { job } = await client.jobs.update.mutate({ ...rarer, description: client === ada ? 'rare' : undefined });
    expect(job?.definition.owner).toBe('dora');
  }
  expect(await ada.jobs.ensure.mutate({ ...file, schedule: { every: '3h' } })).toMatchObject({
    action: 'updated',
    job: { definition: { owner: 'dora' } },
  });
  expect(await refusal(dora.jobs.update.mutate({ ...rarer, owner: 'emil' }))).toMatchObject({
    code: 'FORBIDDEN',
    details: { field: 'owner' },
  });
  expect((await refusal(emil.jobs.update.mutate({ ...rarer, owner: 'emil' }))).code).toBe('FORBIDDEN');
  expect((await refusal(emil.jobs.pause.mutate({ project, id: 'a' }))).code).toBe('FORBIDDEN');

  // What was somebody else's then is not to be had by going back.
  await ada.jobs.update.mutate({ ...rarer, owner: 'emil' });
  expect((await refusal(dora.jobs.pause.mutate({ project, id: 'a' }))).code).toBe('FORBIDDEN');
  expect((await refusal(emil.jobs.rollback.mutate({ project, id: 'a', version: 1 }))).code).toBe('FORBIDDEN');
  const { job } = await ada.jobs.rollback.mutate({ project, id: 'a', version: 1 });
  expect(job?.definition.owner).toBe('dora');
  expect(await dora.jobs.pause.mutate({ project, id: 'a', by: 'somebody else' })).toMatchObject({
    confirmed: true,
    job: { pause: { by: 'dora' } },
  });
});

it('writes down who asks, whatever the request says, and takes nothing that only the system sets', async () => {
  const { project, dora, ada, as } = await tenant();
  const job = await dora.jobs.create.mutate({ project, id: 'a', by: 'ada', ...written });
  expect(job).toMatchObject({ createdBy: 'dora', definedBy: 'dora' });
  const long = await as('wordy').jobs.create.mutate({ project, id: 'w', ...written });
  expect(long.createdBy).toBe('w'.repeat(100));
  const foreign = ['state', 'revision', 'createdBy', 'role', 'payloads', 'grants', 'definitionVersion', 'caller'];
  for (const field of foreign) {
    const call = ada.jobs.create.mutate({ project, id: 'b', ...written, [field]: 'owner' } as never);
    expect(await refusal(call)).toMatchObject({ code: 'INPUT_INVALID', details: { field } });
  }
  const raised = dora.members.put.mutate({ project, subject: 'user:dora', role: 'owner' });
  expect((await refusal(raised)).code).toBe('FORBIDDEN');
});
