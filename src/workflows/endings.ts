import type { TimeoutFailure } from '@temporalio/workflow';
import type { RunError, RunInProgress, RunReceipt } from '../core/contract.js';
import { isoTime } from '../core/ids.js';
import { summaryOf } from '../core/job/run-book.js';
import type { RunState } from '../core/states.js';

/** What a timeout of an activity means for its run. */
export function timeoutError(failure: TimeoutFailure): RunError {
  if (failure.timeoutType === 'HEARTBEAT')
    return { code: 'WORKER_LOST', message: 'The worker stopped beating in mid-attempt.' };
  if (failure.timeoutType === 'START_TO_CLOSE')
    return { code: 'TIMEOUT_ATTEMPT', message: 'The attempt ran out of time.' };
  return { code: 'TIMEOUT_RUN', message: 'The run ran out of time, retries included.' };
}

/** A receipt the workflow writes itself, because no activity lived to do it. Its entry waits in the outbox. */
export function outcomeOf(
  run: RunInProgress,
  state: RunState,
  error: RunError | undefined,
  definitionVersion: number,
  now: number,
): RunReceipt {
  const summary = { ...summaryOf(run), state, finishedAt: isoTime(now), error };
  return { summary, recorded: false, entry: { ...summary, definitionVersion, input: run.input }, ackedSeq: 0 };
}
