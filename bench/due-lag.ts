import { type Figure, percentile } from './figures.js';
import type { Stage } from './stage.js';

const periodMs = 5000;
const lanes = ['light', 'standard'] as const;
type Lane = (typeof lanes)[number];

/** How long after its time does a run begin, when so many jobs are due in the same second? */
export async function dueLag(stage: Stage, quick: boolean): Promise<Figure[]> {
  const herds = quick ? [1, 10] : [1, 20, 60, 200];
  const runs = quick ? 1 : 4;
  const figures: Figure[] = [];
  for (const herd of herds) {
    const schedules = await lagOfSchedules(stage, herd, runs);
    for (const lane of lanes) {
      const bare = await lagOf(stage, herd, runs, (job, first) => startLoop(stage, lane, job, first, runs));
      const ours = await lagOf(stage, herd, runs, (job, first) => createJob(stage, lane, job, first, runs));
      figures.push(...compare(`${herd} ${lane}`, ours, 'bare loop', bare));
      figures.push(...compare(`${herd} ${lane}`, ours, 'Schedules', schedules));
    }
  }
  return figures;
}

function compare(name: string, ours: number[], peer: string, theirs: number[]): Figure[] {
  return (
    [
      ['p50', 0.5],
      ['p99', 0.99],
      ['max', 1],
    ] as const
  ).map(([label, share]) => ({
    name: `${name}, ${label}`,
    unit: 'ms',
    ours: percentile(ours, share),
    peer,
    theirs: percentile(theirs, share),
  }));
}

/** All jobs are started well before the first common time. */
async function lagOf(
  stage: Stage,
  herd: number,
  runs: number,
  start: (job: string, first: number) => Promise<unknown>,
): Promise<number[]> {
  const prefix = stage.name();
  const first = Math.ceil((Date.now() + 1500 + herd * 40) / periodMs) * periodMs;
  const lags = stage.runs(prefix, herd * runs);
  for (let index = 0; index < herd; index++) await start(`${prefix}-${index}`, first);
  return lags;
}

function createJob({ client }: Stage, lane: Lane, id: string, first: number, maxRuns: number) {
  const schedule = { every: `${periodMs}ms`, anchor: new Date(first).toISOString(), maxRuns };
  return client.jobs.create.mutate({ id, task: `bench.${lane}`, input: {}, schedule });
}

function startLoop({ temporal, bareQueue }: Stage, lane: Lane, workflowId: string, first: number, runs: number) {
  const args = [lane, workflowId, first, periodMs, runs];
  return temporal.workflow.start('bareLoop', { workflowId, taskQueue: bareQueue, args, workflowTaskTimeout: '5s' });
}

async function lagOfSchedules(stage: Stage, herd: number, runs: number): Promise<number[]> {
  const prefix = stage.name();
  const lags = stage.runs(prefix, herd * runs);
  const handles = [];
  for (let index = 0; index < herd; index++) {
    const scheduleId = `${prefix}-${index}`;
    handles.push(
      await stage.temporal.schedule.create({
        scheduleId,
        spec: { intervals: [{ every: periodMs }] },
        action: {
          type: 'startWorkflow',
          workflowType: 'bareScheduled',
          taskQueue: stage.bareQueue,
          args: [scheduleId, periodMs],
          workflowTaskTimeout: '5s',
        },
      }),
    );
  }
  const measured = await lags;
  for (const handle of handles) await handle.delete();
  return measured;
}
