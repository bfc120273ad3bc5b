import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import config from '../../examples/tasks/carillon.config.js';
import { carillon } from '../cli/terminal.js';
import { useRig } from '../rig/rig.js';
import { root } from './pages.js';

const run = promisify(execFile);

test('the examples can be applied, and applied again without a change', { timeout: 60_000 }, async () => {
  const { client, project, url, ended } = await useRig({ tasks: [...config.tasks] });
  const server = ['--url', url, '--project', project];
  const put = await carillon(['calendars', 'put', 'holidays', '-f', 'examples/calendars/holidays.yaml', ...server], {
    cwd: root,
  });
  expect(put).toMatchObject({ code: 0 });
  const apply = async () => {
    const files = ['examples/jobs', 'examples/tasks', 'examples/calendars/working-days.yaml'];
    const argv = ['apply', '-f', ...files, '--url', url, '--project', project, '-o', 'json'];
    const { code, out, err } = await carillon(argv, { cwd: root });
    expect({ code, err }).toMatchObject({ code: 0 });
    return (JSON.parse(out) as { items: { id: string; action: string }[] }).items;
  };
  const first = await apply();
  expect(first.map(({ action }) => action)).toEqual(first.map(() => 'created'));
  expect((await apply()).map(({ action }) => action)).toEqual(first.map(() => 'unchanged'));
  const { items } = await client.jobs.list.query({ project });
  expect(items.map(({ id }) => id).sort()).toEqual(first.map(({ id }) => id).sort());

  expect(await ended('hello-once', 1)).toMatchObject([{ state: 'succeeded' }]);
  for (const { id } of items) await client.jobs.cancel.mutate({ project, id }).catch(() => undefined);
});

test('the typed client runs as it is', { timeout: 60_000 }, async () => {
  const { project, url } = await useRig({ tasks: [...config.tasks] });
  const env = { ...process.env, CARILLON_URL: url, CARILLON_PROJECT: project };
  const script = join(root, 'examples/typed-client.ts');
  const { stdout } = await run(process.execPath, ['--import', 'tsx', script], { cwd: root, env });
  expect(stdout).toMatch(/^created \S+: once, at once$/m);
  expect(stdout).toMatch(/^\S+ succeeded \{"freeBytes":\d+\}$/m);
  expect(stdout).toMatch(/^refused: TASK_INPUT_INVALID /m);
});
