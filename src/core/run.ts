import type { ErrorCode } from './errors.js';
import type { NotRunReason, RunState } from './states.js';

/** What asked for a run: `probe` tries whether a job that paused itself works again. */
export const runTriggers = ['schedule', 'catch_up', 'manual', 'probe', 'backfill'] as const;
export type RunTrigger = (typeof runTriggers)[number];

export interface RunError {
  code: ErrorCode | (string & {});
  message: string;
}

/** What the workflow remembers of a run, and what `status` shows. */
export interface RunSummary {
  runId: string;
  scheduledAt: string;
  trigger: RunTrigger;
  state: RunState;
  attempt: number;
  startedAt?: string;
  finishedAt?: string;
  /** When the run was to start, if that is not its nominal time. */
  effectiveAt?: string;
  reason?: NotRunReason;
  /** More of the reason: the calendar, the run that replaced it. */
  detail?: string;
  error?: RunError;
}

/** One row of the ledger: a run that ended, or an occurrence that did not run and why. */
export interface LedgerEntry extends RunSummary {
  definitionVersion: number;
  /** Only where it differs from the definition's. */
  input?: unknown;
  result?: unknown;
  /** Where a result is that is too large to be kept here: `file:` or `s3:` URI. */
  resultLocation?: string;
  worker?: string;
  log?: RunLogSummary;
  progress?: RunProgress;
  /** Equal for errors that differ only in numbers, ids and the like. */
  errorFingerprint?: string;
  /** What caused the error, the nearest first. */
  errorCauses?: RunError[];
  /** The attempt that failed, if this entry tells of one that is tried again. */
  failedAttempt?: FailedAttempt;
}

/** The log of a run, all attempts. */
export interface RunLogSummary {
  lines: number;
  bytes: number;
  /** Objects it is kept in, numbered from 1. */
  chunks: number;
  /** Lines were left out, the run wrote too much. */
  truncated?: boolean;
}

/** How far a run is. */
export interface RunProgress {
  done: number;
  total?: number;
  note?: string;
  /** When it said so. */
  at: string;
}

export interface FailedAttempt {
  attempt: number;
  state: 'failed' | 'timed_out';
  startedAt?: string;
  finishedAt: string;
  error: RunError;
  causes?: RunError[];
  worker?: string;
}
