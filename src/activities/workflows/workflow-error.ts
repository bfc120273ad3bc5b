import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  TerminatedFailure,
  TimeoutFailure,
  WorkflowFailedError,
} from '@temporalio/client';
import { CarillonError, type ErrorCode, isErrorCode } from '../../core/errors.js';

/** What a workflow ended with, as an error that keeps the code and the message of what went wrong inside it. */
export function workflowError(error: unknown, type: string): Error {
  if (!(error instanceof WorkflowFailedError)) {
    const message = `Temporal did not answer for the workflow ${type}: ${error instanceof Error ? error.message : error}`;
    return new CarillonError('TEMPORAL_UNAVAILABLE', message, {}, { cause: error });
  }
  const cause = innermost(error.cause);
  if (cause instanceof ApplicationFailure) {
    const [message, code] = [cause.message || `The workflow ${type} failed.`, cause.type ?? 'TASK_FAILED'];
    return isErrorCode(code)
      ? new CarillonError(code, message, {}, { cause: cause.cause })
      : Object.assign(new Error(message, { cause: cause.cause }), { code: code === 'Error' ? 'TASK_FAILED' : code });
  }
  const [code, ended] = endOf(cause);
  return new CarillonError(code, `The workflow ${type} ${ended}.`, { field: 'input.type', value: type });
}

/** An activity's or a child's failure only wraps what went wrong. */
function innermost(error: unknown): unknown {
  const wraps = error instanceof ActivityFailure || error instanceof ChildWorkflowFailure;
  return wraps && error.cause ? innermost(error.cause) : error;
}

function endOf(cause: unknown): [ErrorCode, string] {
  if (cause instanceof CancelledFailure) return ['WORKFLOW_CANCELLED', 'was cancelled'];
  if (cause instanceof TerminatedFailure) return ['WORKFLOW_TERMINATED', 'was terminated'];
  if (cause instanceof TimeoutFailure) return ['WORKFLOW_TIMED_OUT', 'ran out of time'];
  return ['TASK_FAILED', `failed: ${cause instanceof Error ? cause.message : 'no reason was given'}`];
}
