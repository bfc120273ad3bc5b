import { CancelledFailure } from '@temporalio/activity';

/** Whether a signal's reason is the worker's shutdown: nobody asked the run to stop. */
export function isShutdown(reason: unknown): boolean {
  return reason instanceof CancelledFailure && reason.message === 'WORKER_SHUTDOWN';
}
