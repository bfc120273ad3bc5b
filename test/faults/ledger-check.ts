import { expect } from 'vitest';
import { isTerminal } from '../../src/core/states.js';
import type { RunRow } from '../../src/store/store.js';
import { until } from '../embedded/until.js';
import type { Site } from './site.js';

/**
 * Waits until the ledger of a job with a fixed interval has an entry for every due time from its first to one at `time`
 * or later, each ended one way or another.
 * @returns the entries up to the last due time without a gap before it
 */
export async function completeLedger(
  site: Site,
  jobId: string,
  intervalMs: number,
  time: number,
  boundMs = 30_000,
): Promise<RunRow[]> {
  let told = '';
  const rows = await until(
    `the ledger of ${jobId} is complete`,
    async () => {
      const entries = (await site.ledger(jobId)).filter(({ trigger }) => trigger !== 'manual');
      const times = entries.map(({ scheduledAt }) => Date.parse(scheduledAt));
      const gap = times.findIndex((at, index) => index > 0 && at !== (times[index - 1] as number) + intervalMs);
      told = entries
        .map(({ scheduledAt, state, trigger, reason }) => `${scheduledAt} ${trigger} ${state} ${reason}`)
        .join('\n');
      const ended = entries.filter(({ state }) => isTerminal(state));
      return gap === -1 && Date.parse(ended.at(-1)?.scheduledAt ?? '') >= time ? ended : undefined;
    },
    boundMs,
  ).catch((error: Error) => {
    throw new Error(`${error.message}\n${told}`);
  });
  expect(new Set(rows.map(({ runId }) => runId)).size).toBe(rows.length);
  return rows;
}

/** Pauses a job, then expects its row, its live state and its ledger to tell the same. */
export async function expectAgreement(site: Site, jobId: string): Promise<void> {
  const ref = { project: site.project, id: jobId };
  await site.client.jobs.pause.mutate(ref);
  let told: unknown;
  const { status, row } = await until(
    `${jobId} has nothing under way, and its row is up to date`,
    async () => {
      const live = await site.client.jobs.status.query(ref);
      const stored = await site.store.jobs.get(site.project, jobId);
      told = { live, stored };
      const settled = live.live && live.running.length === 0 && live.outbox === 0;
      return settled && stored?.revision === live.revision ? { status: live, row: stored } : undefined;
    },
    60_000,
  ).catch((error: Error) => {
    throw new Error(`${error.message}\n${JSON.stringify(told)}`);
  });
  expect(row).toMatchObject({ state: 'paused', counters: status.counters, lastRun: status.recent[0] });
  const rows = await site.ledger(jobId);
  const { started, ...counters } = status.counters;
  const count = (state: string) => rows.filter((entry) => entry.state === state).length;
  expect(counters).toEqual({
    ...{ succeeded: count('succeeded'), failed: count('failed'), timedOut: count('timed_out') },
    ...{ cancelled: count('cancelled'), skipped: count('skipped'), missed: count('missed') },
  });
  expect(started).toBe(rows.filter(({ attempt }) => attempt > 0).length);
}
