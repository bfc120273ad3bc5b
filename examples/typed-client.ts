/*
 * Submits a job of the task in tasks/carillon.config.ts, waits for its run, and shows how an error looks.
 * Start the server with that task, then run this file:
 *
 *   npm start -- --tasks examples/tasks/carillon.config.ts
 *   CARILLON_API_KEY=$(cat .carillon/admin.key) npx tsx examples/typed-client.ts
 *
 * CARILLON_API_KEY is the key to come with; `npm start` keeps one in .carillon/admin.key. CARILLON_URL names another
 * address than http://127.0.0.1:7070.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { createCarillonClient, toCarillonError } from 'carillon';
// Only the type is needed: the client knows the input of each task, and none of its code.
import type config from './tasks/carillon.config.js';

const project = process.env.CARILLON_PROJECT ?? 'default';
const client = createCarillonClient<typeof config>({
  url: process.env.CARILLON_URL ?? 'http://127.0.0.1:7070',
  apiKey: process.env.CARILLON_API_KEY,
});

try {
  // The key makes a repeated request harmless: it is answered with the job of the first.
  const job = await client.jobs.create.mutate({
    project,
    idempotencyKey: 'examples/typed-client',
    task: 'disk.check',
    input: { minimumFreeBytes: 1_000_000 },
    schedule: { immediate: true },
  });
  console.log(`created ${job.id}: ${job.words}`);

  const run = await lastRun(job.id, 20_000);
  console.log(run ? `${run.runId} ${run.state} ${JSON.stringify(run.result)}` : 'no run has ended yet');

  const wrong = { minimumFreeBytes: 'many' };
  // @ts-expect-error The compiler knows that a number is wanted. Without it the API refuses, and names the field.
  await client.jobs.create.mutate({ project, task: 'disk.check', input: wrong, schedule: { every: '1h' } });
} catch (error) {
  const { code, message, details } = toCarillonError(error);
  console.log(`refused: ${code} ${message}\n  → ${details.hint}`);
}

/** The last run that ended, waited for. */
async function lastRun(jobId: string, timeoutMs: number) {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const { items } = await client.runs.list.query({ project, jobId, state: ['succeeded', 'failed'], limit: 1 });
    if (items[0] || Date.now() > deadline) return items[0];
    await wait(200);
  }
}
