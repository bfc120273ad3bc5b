import type { RetryPolicy } from '@temporalio/workflow';
import type { Retry } from '../core/definition.js';
import { durationMs } from '../core/duration.js';

/** How Temporal repeats a run's activity. @param priorAttempts made before it, in another lane */
export function retryPolicy(retry: Retry, priorAttempts = 0): RetryPolicy {
  const maximum = durationMs(retry.maximumInterval);
  const grown = durationMs(retry.initialInterval) * retry.backoffCoefficient ** priorAttempts;
  return {
    maximumAttempts: Math.max(1, retry.maximumAttempts - priorAttempts),
    // Above the maximum, the server refuses the whole activity.
    initialInterval: Math.min(grown, maximum),
    backoffCoefficient: retry.backoffCoefficient,
    maximumInterval: maximum,
    nonRetryableErrorTypes: retry.nonRetryableErrors,
  };
}
