import { firstCarry } from '../src/api/jobs/genesis.js';
import { workflowId } from '../src/core/ids.js';
import { prepareDefinition } from '../src/core/prepare.js';
import { cpuSeconds } from './cpu-time.js';
import { type Figure, median } from './figures.js';
import type { Stage } from './stage.js';

const lanes = ['light', 'standard'] as const;
type Lane = (typeof lanes)[number];
/** Starts under way at the same time. */
const inFlight = 25;
const withinMs = 120_000;

interface Contender {
  name: string;
  /** What the id of a job's workflow begins with. */
  workflows(prefix: string): string;
  start(stage: Stage, lane: Lane, job: string): Promise<unknown>;
}
const bare: Contender = { name: 'bare workflow', workflows: (prefix) => prefix, start: startBare };
const workflow: Contender = { name: 'job workflow', workflows: ourWorkflows, start: startWorkflow };
const api: Contender = { name: 'through the API', workflows: ourWorkflows, start: createJob };
const contenders = [bare, workflow, api];

/** How many one-off jobs a second get done, the API included and the job workflow alone, beside a bare workflow? */
export async function oneOffThroughput(stage: Stage, quick: boolean): Promise<Figure[]> {
  const [jobs, rounds] = quick ? [20, 1] : [150, 5];
  const figures: Figure[] = [];
  for (const lane of lanes) {
    const rounded = new Map(contenders.map((one) => [one, { rates: [] as number[], cpu: [] as number[] }]));
    if (!quick) for (const one of contenders) await run(stage, lane, jobs, one);
    for (let round = 0; round < rounds; round++) {
      // In turns, and each in every place, so that what else the machine does meets all of them.
      for (let place = 0; place < contenders.length; place++) {
        const one = contenders[(round + place) % contenders.length] as Contender;
        const { rate, cpu } = await run(stage, lane, jobs, one);
        rounded.get(one)?.rates.push(rate);
        if (cpu !== undefined) rounded.get(one)?.cpu.push(cpu);
      }
    }
    const theirs = rounded.get(bare) as { rates: number[]; cpu: number[] };
    for (const one of [workflow, api]) {
      const ours = rounded.get(one) as typeof theirs;
      const line = { name: `${lane}, ${one.name}`, peer: bare.name };
      const aim = one === workflow ? '>= 0.85' : undefined;
      figures.push({ ...line, unit: 'jobs/s', ours: median(ours.rates), theirs: median(theirs.rates), aim });
      if (ours.cpu.length > 0) {
        figures.push({ ...line, unit: 'CPU s per 1000 jobs', ours: median(ours.cpu), theirs: median(theirs.cpu) });
      }
    }
  }
  return figures;
}

/** From the first start until every workflow is closed, so that no contender leaves work to the next. */
async function run(stage: Stage, lane: Lane, jobs: number, contender: Contender) {
  const prefix = stage.name();
  const done = stage.runs(prefix, jobs, { withinMs });
  const cpuBefore = cpuSeconds();
  const began = performance.now();
  let next = 0;
  const starter = async () => {
    while (next < jobs) await contender.start(stage, lane, `${prefix}-${next++}`);
  };
  await Promise.all([done, ...Array.from({ length: inFlight }, starter)]);
  await stage.closed(contender.workflows(prefix));
  const rate = (jobs / (performance.now() - began)) * 1000;
  const cpuAfter = cpuSeconds();
  const used = cpuBefore === undefined || cpuAfter === undefined ? undefined : cpuAfter - cpuBefore;
  return { rate, cpu: used === undefined ? undefined : (used / jobs) * 1000 };
}

function ourWorkflows(prefix: string): string {
  return workflowId('default', prefix);
}

function createJob({ client }: Stage, lane: Lane, id: string) {
  return client.jobs.create.mutate({
    id,
    task: `bench.${lane}` as 'bench.light',
    input: {},
    schedule: { immediate: true },
  });
}

function startWorkflow({ gateway, registry }: Stage, lane: Lane, jobId: string) {
  const now = Date.now();
  const prepared = prepareDefinition(
    { task: `bench.${lane}` as 'bench.light', input: {}, schedule: { immediate: true } },
    registry,
    now,
  );
  return gateway.start(firstCarry({ project: 'default', jobId }, prepared, {}, now));
}

function startBare({ temporal, bareQueue }: Stage, lane: Lane, id: string) {
  return temporal.workflow.start('bareOnce', {
    workflowId: id,
    taskQueue: bareQueue,
    args: [lane, id],
    workflowTaskTimeout: '2s',
  });
}
