import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { useRig } from '../rig/rig.js';
import { processesWith, tempFolder } from '../unit/activities/steps/steps-run.js';

test('a job made of steps: its result, its failure, and its cancellation in mid-run', async () => {
  const folder = tempFolder();
  const { client, project, ended } = await useRig({ heavy: true, settings: { steps: { processes: true, folder } } });
  const tag = `rig-${project}`;
  const create = (id: string, run: string) => {
    const schedule = { immediate: true as const };
    const input = { env: { TAG: tag }, steps: [{ name: 'only', run }] };
    return client.jobs.create.mutate({
      project,
      id,
      task: 'steps',
      input,
      schedule,
      retry: { maximumAttempts: 1 },
    });
  };
  const refused = {
    task: 'steps',
    input: { steps: [{ name: 'x', run: 'true', workdir: '../..' }] },
    schedule: { every: '1h' },
  };
  await expect(client.jobs.create.mutate({ project, id: 'bad', ...refused })).rejects.toThrow('input.steps.0.workdir');
  await create('well', 'echo fine');
  await create('ill', 'exit 9');
  await create('long', 'setsid sleep 1000 & sleep 1000');
  expect(await ended('well', 1)).toMatchObject([
    { state: 'succeeded', result: { sandbox: 'process', steps: [{ name: 'only', outcome: 'success', exitCode: 0 }] } },
  ]);
  expect(await ended('ill', 1)).toMatchObject([{ state: 'failed', error: { code: 'STEP_FAILED' } }]);
  while (processesWith('TAG', tag).length < 3) await new Promise((resolve) => setImmediate(resolve));
  await client.jobs.cancel.mutate({ project, id: 'long' });
  expect(await ended('long', 1)).toMatchObject([{ state: 'cancelled' }]);
  expect(processesWith('TAG', tag)).toEqual([]);
  expect(readdirSync(folder).filter((name) => name !== 'users')).toEqual([]);
});
