import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startApiOnly } from '../api/api-only.js';
import { startWorker } from '../api/late-worker.js';
import { carillon } from './terminal.js';

async function folder(files: Record<string, string>): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'carillon-apply-'));
  onTestFinished(() => rm(path, { recursive: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text);
  return path;
}

const hello = 'id: hello\ntask: log\ninput: { message: hi }\nschedule: { every: 1h }\n';
const once = 'id: once\ntask: log\ninput: { message: once }\nschedule: { immediate: true }\n';

it('creates, leaves alone what is as the files say, and updates what differs', async () => {
  const api = await startApiOnly({ patienceMs: 20_000 });
  await startWorker(api);
  const { project, client } = api;
  const cwd = await folder({ 'a.yaml': `${hello}---\n${once}` });
  const apply = async (...argv: string[]) => {
    const ended = await carillon(['apply', '-f', '.', '--url', api.url, '--project', project, '-o', 'json', ...argv], {
      cwd,
    });
    const actions = ended.out ? JSON.parse(ended.out).items.map(({ action }: { action: string }) => action) : [];
    return { ...ended, actions };
  };

  expect(await apply('--dry-run')).toMatchObject({ code: 0, actions: ['create', 'create'] });
  expect((await client.jobs.list.query({ project })).items).toEqual([]);
  expect(await apply()).toMatchObject({ code: 0, actions: ['created', 'created'] });
  const before = await client.jobs.get.query({ project, id: 'hello' });

  const again = await apply();
  expect(again).toMatchObject({ code: 0, actions: ['unchanged', 'unchanged'] });
  expect(again.err).toBe('0 created, 0 updated, 2 unchanged, 0 failed\n');
  expect(await client.jobs.get.query({ project, id: 'hello' })).toMatchObject({ revision: before.revision });

  await writeFile(join(cwd, 'a.yaml'), `${hello}owner: ops\n---\n${once}`);
  expect(await apply('--dry-run')).toMatchObject({ code: 0, actions: ['update', 'unchanged'] });
  expect(await apply()).toMatchObject({ code: 0, actions: ['updated', 'unchanged'] });
  expect(await client.jobs.get.query({ project, id: 'hello' })).toMatchObject({
    definitionVersion: 2,
    nextRunAt: before.nextRunAt,
    definition: { owner: 'ops' },
  });
  expect(await apply()).toMatchObject({ code: 0, actions: ['unchanged', 'unchanged'] });
});

it('applies nothing when the API refuses any document, and points at the field', async () => {
  const { url, project, client } = await startApiOnly();
  const cwd = await folder({
    'a.yaml': hello,
    'b.yaml':
      '# two that fail\nid: bad\ntask: http\ninput:\n  url: 5\nschedule: { cron: "0 9 * *" }\n---\nid: worse\ntask: log\ninput: { message: x }\nschedule:\n  cron: 61 * * * *\n',
  });
  const { code, out, err } = await carillon(['apply', '-f', '.', '--url', url, '--project', project], { cwd });
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toMatch(/^b\.yaml:5:8: TASK_INPUT_INVALID input\.url: /m);
  expect(err).toMatch(/^b\.yaml:12:9: CRON_INVALID schedule\.cron: /m);
  expect(err).toContain('nothing applied: 2 faults');
  expect((await client.jobs.list.query({ project })).items).toEqual([]);
});

it('says of a job that has ended that its id is used up', async () => {
  const api = await startApiOnly({ patienceMs: 20_000 });
  await startWorker(api);
  const { url, project, client } = api;
  await client.jobs.create.mutate({
    project,
    id: 'hello',
    task: 'log',
    input: { message: 'old' },
    schedule: { every: '1h' },
  });
  await client.jobs.cancel.mutate({ project, id: 'hello' });
  const cwd = await folder({ 'a.yaml': hello });
  const { code, err } = await carillon(['apply', '-f', 'a.yaml', '--url', url, '--project', project], { cwd });
  expect(code).toBe(1);
  expect(err).toMatch(/^a\.yaml:1:5: JOB_CLOSED id: .*has ended \(cancelled at /m);
});

it('exits with 3 when the API is not there', async () => {
  const cwd = await folder({ 'a.yaml': hello });
  const { code, err } = await carillon(['apply', '-f', 'a.yaml', '--url', 'http://127.0.0.1:1'], { cwd });
  expect(code).toBe(3);
  expect(err).toContain('error API_UNREACHABLE');
});
