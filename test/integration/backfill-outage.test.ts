import { expect, inject, test } from 'vitest';
import { z } from 'zod';
import { backfillWorkflowId } from '../../src/core/ids.js';
import { defineTask } from '../../src/core/task/task.js';
import { useRig } from '../rig/rig.js';
import { openGate } from '../store/gate.js';

test('while the database is away, planned runs go on; all of them are in the ledger when it is back', async () => {
  await using gate = await openGate(inject('databaseUrl'));
  let ran = 0;
  let away = false;
  let changed = () => {};
  const counting = defineTask({
    name: 'counting',
    input: z.strictObject({}),
    async run() {
      ran += 1;
      if (ran === 5) {
        await gate.cut();
        away = true;
      }
      if (away) changed();
    },
  });
  const rig = await useRig({ tasks: [counting], databaseUrl: gate.url });
  const { project, client } = rig;
  const definition = { task: 'counting', input: {}, schedule: { cron: '0 * * * *' } };
  await client.jobs.create.mutate({ project, id: 'steady', ...definition });
  // The whole range fits the first page.
  const range = { from: '2026-03-02T00:00:00Z', to: '2026-03-03T00:00:00Z' };
  await client.backfills.create.mutate({ project, jobId: 'steady', id: 'outage', ...range });
  const half = new Promise<void>((resolve) => {
    changed = () => {
      if (ran >= 12) resolve();
    };
    changed();
  });
  await half;
  await gate.mend();
  await rig.temporal.workflow.getHandle(backfillWorkflowId(project, 'steady', 'outage')).result();
  await expect
    .poll(() => client.backfills.get.query({ project, id: 'outage' }).catch(() => undefined), { timeout: 15_000 })
    .toMatchObject({ state: 'completed', progress: { total: 24, succeeded: 24 } });
  const { items } = await client.runs.list.query({ project, jobId: 'steady', trigger: 'backfill' });
  expect(items.map(({ state }) => state)).toEqual(Array.from({ length: 24 }, () => 'succeeded'));
}, 60_000);
