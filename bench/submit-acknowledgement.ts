import { type Figure, percentile } from './figures.js';
import type { Stage } from './stage.js';

/** How long until a submission is acknowledged, beside a bare start, and beside a call that stores nothing? */
export async function submitAcknowledgement(stage: Stage, quick: boolean): Promise<Figure[]> {
  const calls = quick ? 10 : 200;
  const prefix = stage.name();
  const schedule = { every: '1h' };
  const times = { create: [] as number[], start: [] as number[], preview: [] as number[] };
  for (let index = 0; index < calls; index++) {
    const id = `${prefix}-${index}`;
    times.create.push(
      await timeOf(() => stage.client.jobs.create.mutate({ id, task: 'bench.light', input: {}, schedule })),
    );
    times.start.push(
      await timeOf(() =>
        stage.temporal.workflow.start('bareLoop', {
          workflowId: `${id}-bare`,
          taskQueue: stage.bareQueue,
          args: ['light', id, Date.now() + 3_600_000, 3_600_000, 1],
        }),
      ),
    );
    times.preview.push(await timeOf(() => stage.client.schedules.preview.query({ schedule, count: 1 })));
  }
  return (
    [
      ['p50', 0.5],
      ['p99', 0.99],
    ] as const
  ).flatMap(([label, share]): Figure[] => {
    const ours = percentile(times.create, share);
    return [
      { name: `create, ${label}`, unit: 'ms', ours, peer: 'bare start', theirs: percentile(times.start, share) },
      {
        name: `create, ${label}`,
        unit: 'ms',
        ours,
        peer: 'call without a write',
        theirs: percentile(times.preview, share),
      },
    ];
  });
}

async function timeOf(call: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await call();
  return performance.now() - began;
}
