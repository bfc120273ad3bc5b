import { Connection } from '@temporalio/client';
import { expect, inject, test } from 'vitest';
import { z } from 'zod';
import { defineTask } from '../../src/core/task/task.js';
import type { Store } from '../../src/store/store.js';
import { startApiOnly } from '../api/api-only.js';
import { startWorker } from '../api/late-worker.js';
import { entry, snapshot } from '../store/sample.js';

/** The API's clock: its jobs are due in the past. */
const agoMs = 5000;

/** A job that is due once and late, a store that tells what the ledger is asked, and what the task did. */
async function lateJob(lane: 'light' | 'standard') {
  const starts: string[] = [];
  const task = defineTask({
    ...{ name: 'late', lane, timeout: 'PT2S', input: z.object({}) },
    run: async ({ runId }) => void starts.push(runId),
  });
  const api = await startApiOnly({ tasks: [task], now: () => Date.now() - agoMs });
  const asked: string[] = [];
  const store: Store = {
    ...api.store,
    runs: {
      ...api.store.runs,
      ended: (runs) => {
        asked.push(...runs.map(({ runId }) => runId));
        return api.store.runs.ended(runs);
      },
    },
  };
  const { project, client } = api;
  const job = { project, id: 'a', task: 'late' as 'log', input: {} as never, schedule: { immediate: true } } as const;
  const { createdAt: scheduledAt } = await client.jobs.create.mutate(job);
  const work = () => startWorker({ project, store }, [task]);
  return { ...api, asked, starts, runId: `a@${scheduledAt}`, scheduledAt, work };
}

/** Takes the next workflow task, and is never heard of again. */
async function takeTask(project: string): Promise<void> {
  const connection = await Connection.connect({ address: inject('temporalAddress') });
  const taskQueue = { name: `carillon-${project}` };
  const task = await connection.withDeadline(Date.now() + 20_000, () =>
    connection.workflowService.pollWorkflowTaskQueue({ namespace: 'default', taskQueue, identity: 'gone' }),
  );
  expect(task.taskToken.length).toBeGreaterThan(0);
  await connection.close();
}

test.each(['light', 'standard'] as const)(
  'a %s run that is late asks the ledger nothing in the first workflow task of its job: it cannot have run before',
  async (lane) => {
    const { asked, starts, runId, work } = await lateJob(lane);
    const worker = await work();
    await worker.recorded(runId);
    expect(starts).toEqual([runId]);
    expect(asked).toEqual([]);
  },
);

test.each(['light', 'standard'] as const)(
  'a %s run whose first workflow task was lost with its worker is looked for in the ledger, and not executed again',
  async (lane) => {
    const { project, gateway, store, asked, starts, runId, scheduledAt, work } = await lateJob(lane);
    await takeTask(project);
    // What it did before it went.
    await store.write([
      { snapshot: snapshot(project, 'a', { revision: 1 }), entries: [entry(runId, { scheduledAt })] },
    ]);
    await work();
    const open = async () => (await gateway.describe({ project, jobId: 'a' }))?.open;
    await expect.poll(open, { timeout: 20_000 }).toBe(false);
    expect(starts).toEqual([]);
    expect(asked).toEqual([runId]);
  },
);
