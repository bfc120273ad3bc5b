import { firstCarry } from '../src/api/jobs/genesis.js';
import { prepareDefinition } from '../src/core/prepare.js';
import { type Figure, percentile } from './figures.js';
import type { Stage } from './stage.js';

const schedule = { every: '1h' };
const hourMs = 3_600_000;

/**
 * How long until a submission is acknowledged? Beside a bare start, beside a call of the API that stores nothing, and
 * beside the start of the job's workflow alone, so that one sees where the time goes.
 */
export async function submitAcknowledgement(stage: Stage, quick: boolean): Promise<Figure[]> {
  const [warmUp, calls] = quick ? [1, 9] : [15, 150];
  const prefix = stage.name();
  const ways = {
    create: (id: string) => stage.client.jobs.create.mutate({ id, task: 'bench.light', input: {}, schedule }),
    start: (id: string) => startBare(stage, id),
    preview: () => stage.client.schedules.preview.query({ schedule, count: 1 }),
    workflow: (id: string) => startWorkflow(stage, id),
  };
  const names = Object.keys(ways) as (keyof typeof ways)[];
  const times = { create: [] as number[], start: [] as number[], preview: [] as number[], workflow: [] as number[] };
  for (let round = 0; round < warmUp + calls; round++) {
    // Each in every place: the first moments of a new job are worked on while the next call is timed.
    for (let place = 0; place < names.length; place++) {
      const name = names[(round + place) % names.length] as keyof typeof ways;
      const took = await timeOf(() => ways[name](`${prefix}-${round}-${name}`));
      if (round >= warmUp) times[name].push(took);
    }
  }
  return Object.entries({ p50: 0.5, p99: 0.99 }).flatMap(([label, share]): Figure[] => {
    const [ours, theirs] = [percentile(times.create, share), percentile(times.start, share)];
    const line = { name: `create, ${label}`, unit: 'ms', ours } as const;
    const workflow = percentile(times.workflow, share);
    return [
      { ...line, peer: 'bare start', theirs },
      { ...line, peer: 'call without a write', theirs: percentile(times.preview, share) },
      { ...line, peer: 'job workflow alone', theirs: workflow },
      { ...line, name: `job workflow alone, ${label}`, ours: workflow, peer: 'bare start', theirs },
    ];
  });
}

function startBare({ temporal, bareQueue }: Stage, workflowId: string) {
  return temporal.workflow.start('bareLoop', {
    workflowId,
    taskQueue: bareQueue,
    args: ['light', workflowId, Date.now() + hourMs, hourMs, 1],
  });
}

function startWorkflow({ gateway, registry }: Stage, jobId: string) {
  const now = Date.now();
  const prepared = prepareDefinition({ task: 'bench.light', input: {}, schedule }, registry, now);
  return gateway.start(firstCarry({ project: 'default', jobId }, prepared, {}, now));
}

async function timeOf(call: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await call();
  return performance.now() - began;
}
