import { proxyActivities, proxyLocalActivities, sleep, workflowInfo } from '@temporalio/workflow';
import type { BareActivities } from './activities.js';

/*
 * The barest workflow that does the same work: what Temporal itself costs. Options are those of Carillon's own runs.
 */
const options = { startToCloseTimeout: '5 minutes', retry: { maximumAttempts: 3 } } as const;
const standard = proxyActivities<BareActivities>({ ...options, heartbeatTimeout: '10 s' });
const light = proxyLocalActivities<BareActivities>({ ...options, startToCloseTimeout: '2 s' });

/** One run: start, work, done. */
export async function bareOnce(lane: 'light' | 'standard', job: string): Promise<void> {
  await (lane === 'light' ? light : standard).work(job, Date.now());
}

/** A loop of runs at fixed times: `first`, then every `periodMs`. */
export async function bareLoop(
  lane: 'light' | 'standard',
  job: string,
  first: number,
  periodMs: number,
  runs: number,
): Promise<void> {
  for (let run = 0; run < runs; run++) {
    const at = first + run * periodMs;
    await sleep(Math.max(1, at - Date.now()));
    await (lane === 'light' ? light : standard).work(job, at);
  }
}

/** What a Temporal Schedule starts: one activity. The id ends with the nominal time: `...-2030-01-01T00:00:00Z`. */
export async function bareScheduled(job: string): Promise<void> {
  const { workflowId } = workflowInfo();
  await standard.work(job, Date.parse(workflowId.slice(-'2030-01-01T00:00:00Z'.length)));
}
