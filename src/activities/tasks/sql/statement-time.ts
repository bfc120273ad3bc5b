import { durationMs } from '../../../core/duration.js';
import { CarillonError } from '../../../core/errors.js';

/**
 * Runs `work` with a signal that aborts with `signal`, or when `timeout` is over: what runs in the database is cancelled.
 * @throws CarillonError SQL_TIMEOUT
 */
export async function withinTime<Result>(
  timeout: string | undefined,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  if (timeout === undefined) return work(signal);
  const bound = new AbortController();
  const timer = setTimeout(() => {
    bound.abort(
      new CarillonError('SQL_TIMEOUT', `The statement took longer than \`statementTimeout\` ${timeout}.`, {
        field: 'input.statementTimeout',
        value: timeout,
      }),
    );
  }, durationMs(timeout));
  try {
    return await work(AbortSignal.any([signal, bound.signal]));
  } finally {
    clearTimeout(timer);
  }
}
