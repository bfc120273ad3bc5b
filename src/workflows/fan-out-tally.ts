import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { Advance, ChunkProgress, Tally } from '../core/fan-out/contract.js';
import type { Range } from '../core/fan-out/division.js';
import { doneOf, emptyTally, nameFailure } from '../core/fan-out/tally.js';

/**
 * What became of members whose chunk or part did not live to tell: what it said last, and the rest failed, unless it was
 * cancelled: they did not run then.
 */
export function tallyOfFailed(error: unknown, { from, to }: Range, last: Advance | undefined): Tally {
  const wrapped = error instanceof ActivityFailure || error instanceof ChildWorkflowFailure;
  const cause = wrapped ? error.cause : error;
  const tally = saidLast(cause) ?? { ...emptyTally(), failed: last?.failed ?? 0, succeeded: doneWell(last) };
  if (cause instanceof CancelledFailure) return tally;
  const lost = to - from - doneOf(tally);
  const code = cause instanceof ApplicationFailure ? (cause.type ?? 'TASK_FAILED') : 'WORKER_LOST';
  const message = cause instanceof Error ? cause.message : String(cause);
  nameFailure(tally, { index: from, code, message: `${lost} of the members ${from} to ${to - 1}: ${message}` });
  return { ...tally, failed: tally.failed + lost };
}

function doneWell(last: Advance | undefined): number {
  return last ? last.done - last.failed : 0;
}

/** Heartbeat details come with a timeout, and with the cancellation of an attempt that never came. */
function saidLast(cause: unknown): Tally | undefined {
  const details = cause instanceof TimeoutFailure ? cause.lastHeartbeatDetails : detailsOf(cause);
  if (typeof details !== 'object' || details === null || !('marks' in details)) return undefined;
  const { succeeded, failed, skipped, failures, logs } = details as ChunkProgress;
  return { succeeded, failed, skipped, failures, logs };
}

function detailsOf(cause: unknown): unknown {
  return cause instanceof CancelledFailure || cause instanceof ApplicationFailure ? cause.details?.[0] : undefined;
}
