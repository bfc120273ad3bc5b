import type { Definition } from './definition.js';
import { durationMs } from './duration.js';

/** Another attempt would meet the same, or do the work twice. */
const hopeless = new Set(['TASK_INPUT_INVALID', 'TASK_OUTPUT_INVALID', 'GAVE_UP']);

/**
 * Milliseconds to wait before the next attempt; undefined when the attempt was the last: the attempts are used up, the
 * error is one that repeating does not mend, or `timeouts.run` would end before.
 * @param attempt the one that failed, from 1
 * @param code of its error; undefined when the attempt was interrupted, which is no fault of the task
 * @param elapsedMs since the first attempt began
 * @param askedMs what the task asked for, in place of the back-off
 */
export function waitBeforeNext(
  { retry, timeouts }: Pick<Definition, 'retry' | 'timeouts'>,
  attempt: number,
  code: string | undefined,
  elapsedMs: number,
  askedMs?: number,
): number | undefined {
  if (attempt >= retry.maximumAttempts) return undefined;
  if (code !== undefined && (hopeless.has(code) || retry.nonRetryableErrors.includes(code))) return undefined;
  const grown = durationMs(retry.initialInterval) * retry.backoffCoefficient ** (attempt - 1);
  const wait = askedMs ?? Math.min(grown, durationMs(retry.maximumInterval));
  return elapsedMs + wait < durationMs(timeouts.run) ? wait : undefined;
}
