import { mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { z } from 'zod';
import { workflowId } from '../../src/core/ids.js';
import { defineTask } from '../../src/core/task/task.js';
import { executionsOf, type Rig } from '../rig/rig.js';

/** Fails before the attempt its input names. */
const stubborn = defineTask({
  name: 'stubborn',
  lane: 'light',
  input: z.strictObject({ until: z.number() }),
  run({ attempt }, { until }) {
    if (attempt < until) throw new Error(`attempt ${attempt} fails`);
    return attempt;
  },
});
export const recordedTasks = [stubborn];

/** Lives of jobs that between them take every branch a workflow's history can show. Each resolves when the job ended. */
export const scenarios: Record<string, (rig: Rig, id: string) => Promise<unknown>> = {
  async 'one-off-light'({ client, project, handle }, id) {
    await client.jobs.create.mutate({
      project,
      id,
      task: 'log',
      input: { message: id },
      schedule: { immediate: true },
    });
    return handle(id).result();
  },
  async 'light-moves-to-standard'({ client, project, handle }, id) {
    const retry = { initialInterval: '1s' };
    const schedule = { immediate: true as const };
    await client.jobs.create.mutate({ project, id, task: 'stubborn', input: { until: 3 }, retry, schedule });
    return handle(id).result();
  },
  async 'one-off-failed'({ client, project, handle }, id) {
    const input = { url: 'http://127.0.0.1:2/' };
    const retry = { maximumAttempts: 1 };
    await client.jobs.create.mutate({ project, id, task: 'http', input, retry, schedule: { immediate: true } });
    return handle(id).result();
  },
  async 'recurring-heavy'({ client, project, handle }, id) {
    const schedule = { every: '1s', maxRuns: 3 };
    await client.jobs.create.mutate({ project, id, task: 'log', lane: 'heavy', input: { message: id }, schedule });
    return handle(id).result();
  },
  async 'all-commands'({ client, project, handle, ended }, id) {
    const base = { task: 'log', lane: 'standard' as const, input: { message: id } };
    await client.jobs.create.mutate({ project, id, ...base, schedule: { every: '1s' } });
    await ended(id, 1);
    await client.jobs.pause.mutate({ project, id, note: 'recording' });
    await client.jobs.trigger.mutate({ project, id, key: 'by-hand' });
    await client.jobs.resume.mutate({ project, id });
    await handle(id).signal('reschedule', { schedule: { cron: '* * * * * *' } });
    await client.jobs.update.mutate({ project, id, ...base, owner: 'ops', schedule: { every: '2s' } });
    await ended(id, 4);
    await client.jobs.cancel.mutate({ project, id, reason: 'recorded' });
    return handle(id).result();
  },
};

/** Lives through the scenarios on a real server and writes their histories, one file an execution. */
export async function record(rig: Rig, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, live] of Object.entries(scenarios)) {
    await live(rig, name);
    const executions = await executionsOf(rig.temporal, workflowId(rig.project, name));
    for (const [index, { history }] of executions.entries()) {
      const text = historyToJSON(history).replaceAll(hostname(), 'host');
      await writeFile(`${folder}/${name}-${executions.length - index}.json`, `${text}\n`);
    }
  }
}
