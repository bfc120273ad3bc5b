import { z } from 'zod';
import type { CarillonConfig } from '../../src/core/task/config.js';
import type { TaskContext } from '../../src/core/task/context.js';

/** Where a probe tells of its starts and ends: the test's collector. */
const input = z.strictObject({ report: z.url() });
type Input = z.output<typeof input>;

/** Tells of its start, goes on when the answer comes (the collector may hold it back), and tells of its end. */
async function probe(context: TaskContext, { report }: Input): Promise<string> {
  await tell(report, 'start', context, context.signal);
  await tell(report, 'end', context);
  return context.runId;
}

/** Does not hear its signal. */
async function deafProbe(context: TaskContext, { report }: Input): Promise<string> {
  await tell(report, 'start', context);
  await tell(report, 'end', context);
  return context.runId;
}

async function tell(url: string, kind: 'start' | 'end', context: TaskContext, signal?: AbortSignal): Promise<void> {
  const { runId, jobId, attempt, scheduledAt } = context;
  const report = { kind, runId, jobId, attempt, scheduledAt: scheduledAt.getTime(), at: Date.now(), pid: process.pid };
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(report), signal });
  await response.arrayBuffer();
}

// In the workers, which the tests kill: a probe tells which process it runs in.
// Plain objects: what `defineTask` checks, the worker checks again, and it need not compile our sources for it.
export default {
  tasks: [
    { name: 'probe', input, isolation: 'none', run: probe },
    { name: 'probe.light', input, lane: 'light', timeout: 'PT1S', isolation: 'none', run: probe },
    { name: 'probe.heavy', input, lane: 'heavy', isolation: 'none', run: probe },
    { name: 'probe.deaf', input, lane: 'light', timeout: 'PT1S', isolation: 'none', run: deafProbe },
  ],
} satisfies CarillonConfig;
