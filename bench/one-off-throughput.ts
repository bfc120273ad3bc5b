import { firstCarry } from '../src/api/jobs/genesis.js';
import { prepareDefinition } from '../src/core/prepare.js';
import { type Figure, median } from './figures.js';
import type { Stage } from './stage.js';

const lanes = ['light', 'standard'] as const;
type Lane = (typeof lanes)[number];
/** Starts under way at the same time. */
const inFlight = 25;

/** How many one-off jobs a second get done: through the API, and the job workflow alone, beside a bare workflow? */
export async function oneOffThroughput(stage: Stage, quick: boolean): Promise<Figure[]> {
  const [jobs, rounds] = quick ? [25, 1] : [300, 5];
  const figures: Figure[] = [];
  for (const lane of lanes) {
    const rates = { api: [] as number[], workflow: [] as number[], bare: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      // In turns, so that whatever else the machine does meets all of them.
      rates.bare.push(await rate(stage, jobs, (job) => startBare(stage, lane, job)));
      rates.workflow.push(await rate(stage, jobs, (job) => startWorkflow(stage, lane, job)));
      rates.api.push(await rate(stage, jobs, (job) => createJob(stage, lane, job)));
    }
    const theirs = median(rates.bare);
    const line = { unit: 'jobs/s', peer: 'bare workflow', theirs } as const;
    figures.push({ name: `${lane}, job workflow`, ours: median(rates.workflow), ...line });
    figures.push({ name: `${lane}, through the API`, ours: median(rates.api), ...line });
  }
  return figures;
}

async function rate(stage: Stage, jobs: number, start: (job: string) => Promise<unknown>): Promise<number> {
  const prefix = stage.name();
  const done = stage.runs(prefix, jobs);
  const began = performance.now();
  let next = 0;
  const starter = async () => {
    while (next < jobs) await start(`${prefix}-${next++}`);
  };
  await Promise.all(Array.from({ length: inFlight }, starter));
  await done;
  return (jobs / (performance.now() - began)) * 1000;
}

function createJob({ client }: Stage, lane: Lane, id: string) {
  return client.jobs.create.mutate({ id, task: `bench.${lane}`, input: {}, schedule: { immediate: true } });
}

function startWorkflow({ gateway, registry }: Stage, lane: Lane, jobId: string) {
  const now = Date.now();
  const prepared = prepareDefinition(
    { task: `bench.${lane}`, input: {}, schedule: { immediate: true } },
    registry,
    now,
  );
  return gateway.start(firstCarry({ project: 'default', jobId }, prepared, {}, now));
}

function startBare({ temporal, bareQueue }: Stage, lane: Lane, workflowId: string) {
  return temporal.workflow.start('bareOnce', {
    workflowId,
    taskQueue: bareQueue,
    args: [lane, workflowId],
    workflowTaskTimeout: '5s',
  });
}
