import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';
import { useRig } from '../rig/rig.js';
import { blocks, wordsOf } from './pages.js';

const run = promisify(execFile);

/*
 * The commands of docs/operations.md, in their order, on one job: each must succeed, and leave the job as the page says.
 */
test('a job is seen and steered with the temporal command line', { timeout: 120_000 }, async () => {
  const rig = await useRig();
  const { project } = rig;
  const job = { project, id: 'backup', task: 'log', input: { message: 'saving' }, schedule: { cron: '0 3 * * *' } };
  await rig.client.jobs.create.mutate(job);
  const lines = blocks.filter(({ info }) => info === 'temporal').flatMap(({ text }) => text.trim().split('\n'));
  expect(lines.length).toBeGreaterThan(10);

  const temporal = async (line: string): Promise<string> => {
    const [program, ...argv] = wordsOf(line.replace('job:default:', `job:${project}:`));
    expect(program).toBe('temporal');
    const { stdout } = await run(inject('temporalCli'), [...argv, '--address', inject('temporalAddress')]);
    return stdout;
  };
  const outputs = new Map<string, string>();
  for (const line of lines) outputs.set(line, await temporal(line));

  const status = outputs.get(lines.find((line) => line.endsWith('--name status')) ?? '');
  expect(status).toContain('"state":"scheduled"');
  expect(await rig.recorded(({ jobId }) => jobId === 'backup')).toMatchObject({ runId: 'backup@key:before-the-move' });
  expect(await rig.handle('backup').result()).toMatchObject({
    state: 'cancelled',
    closeReason: 'no longer needed',
    definitionVersion: 3,
    definition: { input: { message: 'saved' }, schedule: { every: 'PT6H' } },
  });
});

test('a command by hand that is refused shows in the status', { timeout: 60_000 }, async () => {
  const { client, project, handle } = await useRig();
  const ref = { project, id: 'refusing' };
  await client.jobs.create.mutate({ ...ref, task: 'log', input: { message: 'x' }, schedule: { every: '1h' } });
  await handle('refusing').signal('pause', { until: 'tomorrow' });
  expect((await client.jobs.status.query(ref)).lastRefusal).toMatchObject({ code: 'TIME_INVALID' });
});
