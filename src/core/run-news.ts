import type { LedgerEntry } from './contract.js';

/** What whoever started a worker is told of a run: no more than a line about it needs. */
export type RunNews = Pick<
  LedgerEntry,
  'runId' | 'scheduledAt' | 'startedAt' | 'finishedAt' | 'state' | 'reason' | 'attempt' | 'error'
>;

export function runNews(entry: LedgerEntry): RunNews {
  const { runId, scheduledAt, startedAt, finishedAt, state, reason, attempt, error } = entry;
  return { runId, scheduledAt, startedAt, finishedAt, state, reason, attempt, error };
}
