import type { Definition } from './definition.js';
import { durationMs } from './duration.js';

/**
 * Milliseconds to wait before the next attempt; undefined when the attempt was the last: the attempts are used up, the
 * error is one that repeating does not mend, or `timeouts.run` would end before.
 * @param attempt the one that failed, from 1
 * @param code of its error; undefined when the attempt was interrupted, which is no fault of the task
 * @param elapsedMs since the first attempt began
 */
export function waitBeforeNext(
  { retry, timeouts }: Pick<Definition, 'retry' | 'timeouts'>,
  attempt: number,
  code: string | undefined,
  elapsedMs: number,
): number | undefined {
  if (attempt >= retry.maximumAttempts) return undefined;
  if (code !== undefined && (code === 'TASK_INPUT_INVALID' || retry.nonRetryableErrors.includes(code)))
    return undefined;
  const grown = durationMs(retry.initialInterval) * retry.backoffCoefficient ** (attempt - 1);
  const wait = Math.min(grown, durationMs(retry.maximumInterval));
  return elapsedMs + wait < durationMs(timeouts.run) ? wait : undefined;
}
