import { CancelledFailure } from '@temporalio/activity';

/**
 * Whether a signal aborted although nobody asked the run to stop: the worker shuts down, or was taken for lost and
 * another one has the run by now.
 */
export function isHandedOver(reason: unknown): boolean {
  return reason instanceof CancelledFailure && reason.message !== 'CANCELLED';
}
