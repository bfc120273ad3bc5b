import { type Figure, percentile } from './figures.js';
import type { Stage } from './stage.js';

/**
 * How long does a one-off take by its history, and how long by a client that waits with `result()`? The difference is
 * the waiting client's, not the job's: see docs/benchmarks.md.
 */
export async function resultLatency(stage: Stage, quick: boolean): Promise<Figure[]> {
  const calls = quick ? 5 : 60;
  const figures: Figure[] = [];
  for (const lane of ['light', 'standard'] as const) {
    const waited: number[] = [];
    const lived: number[] = [];
    for (let index = 0; index < calls; index++) {
      const workflowId = stage.name();
      const began = performance.now();
      const handle = await stage.temporal.workflow.start('bareOnce', {
        workflowId,
        taskQueue: stage.bareQueue,
        args: [lane, workflowId],
      });
      await handle.result();
      waited.push(performance.now() - began);
      const { startTime, closeTime } = await handle.describe();
      lived.push((closeTime as Date).getTime() - startTime.getTime());
    }
    for (const [label, share] of [
      ['p50', 0.5],
      ['p90', 0.9],
    ] as const) {
      figures.push({
        name: `bare ${lane}, result(), ${label}`,
        unit: 'ms',
        ours: percentile(waited, share),
        peer: 'by its history',
        theirs: Math.max(1, percentile(lived, share)),
      });
    }
  }
  return figures;
}
