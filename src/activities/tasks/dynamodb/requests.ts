import { setTimeout as delay } from 'node:timers/promises';
import { CarillonError } from '../../../core/errors.js';
import { backoffMs } from './backoff.js';

/** How often in a row a request may be throttled: three minutes and more of waiting. */
const mostThrottles = 15;

const throttles = new Set([
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'RequestLimitExceeded',
  'LimitExceededException',
  'InternalServerError',
  'ServiceUnavailable',
]);

export interface Patience {
  signal: AbortSignal;
  random: () => number;
  /** Told of each throttling, with the wait that follows. */
  onThrottled(waitMs: number): void;
}

/**
 * Sends until it is not throttled any more, with waits that grow.
 * @param send one try; `'again'` when a part of it is left to do
 * @throws CarillonError DYNAMODB_THROTTLED, DYNAMODB_FAILED; the signal's reason when it aborted
 */
export async function untilTaken<Result>(patience: Patience, send: () => Promise<Result | 'again'>): Promise<Result> {
  for (let failures = 0; ; failures++) {
    patience.signal.throwIfAborted();
    const answer = await send().catch((error) => {
      patience.signal.throwIfAborted();
      if (throttles.has((error as Error).name)) return 'again' as const;
      throw dynamodbFailure(error);
    });
    if (answer !== 'again') return answer;
    if (failures === mostThrottles) {
      throw new CarillonError(
        'DYNAMODB_THROTTLED',
        `DynamoDB throttled a request ${mostThrottles + 1} times in a row.`,
        {
          hint: 'Raise the capacity of the table, or lower `maxPerSecond` and `segments`.',
        },
      );
    }
    const waitMs = backoffMs(failures, patience.random);
    patience.onThrottled(waitMs);
    await delay(waitMs, undefined, { signal: patience.signal });
  }
}

function dynamodbFailure(error: unknown): CarillonError {
  const { name, message } = error as Error;
  return new CarillonError('DYNAMODB_FAILED', `DynamoDB: ${message || name} (${name})`, {
    hint: 'Check table, region, endpoint and credentials.',
  });
}
