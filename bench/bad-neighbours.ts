import { type Figure, percentile } from './figures.js';
import type { Stage } from './stage.js';

const bad = ['bad.spin', 'bad.exit', 'bad.memory', 'bad.print'] as const;
const periodSeconds = 2;

/** How much later do jobs run when their worker also has tasks that spin, exit, eat memory and print without end? */
export async function badNeighbours(stage: Stage, quick: boolean): Promise<Figure[]> {
  const [jobs, rounds] = quick ? [2, 1] : [10, 10];
  const alone = await lags(stage, jobs, rounds);
  const ids = bad.map((task) => `${stage.name()}-${task}`);
  for (const [index, task] of bad.entries()) {
    await stage.client.jobs.create.mutate({
      id: ids[index] as string,
      task: task as 'bad.spin',
      input: {},
      schedule: { every: `${periodSeconds}s` },
      timeouts: { attempt: '5s' },
      retry: { maximumAttempts: 1 },
    });
  }
  const beside = await lags(stage, jobs, rounds);
  for (const id of ids) await stage.client.jobs.cancel.mutate({ id });
  return Object.entries({ p50: 0.5, max: 1 }).map(([label, share]) => ({
    name: `${jobs} jobs beside ${bad.length} bad ones, ${label}`,
    unit: 'ms',
    ours: percentile(beside, share),
    peer: 'alone',
    theirs: Math.max(1, percentile(alone, share)),
    ...(label === 'p50' && { aim: '<= 2' }),
  }));
}

/** Lags of good jobs that are due in the same second, the first round left out. */
async function lags(stage: Stage, jobs: number, rounds: number): Promise<number[]> {
  const prefix = stage.name();
  const first = Math.ceil((Date.now() + 2000) / 1000) * 1000;
  const until = first + rounds * periodSeconds * 1000;
  const fits = ({ at }: { at: number }) => at > first && at <= until;
  const done = stage.runs(prefix, jobs * rounds, { withinMs: until - Date.now() + 60_000, fits });
  const schedule = {
    every: `${periodSeconds}s`,
    anchor: new Date(first).toISOString(),
    end: new Date(until).toISOString(),
  };
  for (let index = 0; index < jobs; index++) {
    await stage.client.jobs.create.mutate({ id: `${prefix}-${index}`, task: 'bench.standard', input: {}, schedule });
  }
  return done;
}
