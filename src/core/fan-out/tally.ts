import type { FailurePolicy, FanOutSummary, MemberFailure, Tally } from './contract.js';

/** Failures that a summary names. */
export const namedFailures = 20;
/** Characters of a message in a summary; the log of failures has all of them. */
const namedLength = 300;

export function emptyTally(): Tally {
  return { succeeded: 0, failed: 0, skipped: 0, failures: [], logs: [] };
}

/** Adds up tallies of ranges that follow one another. */
export function joinTallies(tallies: Iterable<Tally>): Tally {
  const sum = emptyTally();
  for (const tally of tallies) {
    sum.succeeded += tally.succeeded;
    sum.failed += tally.failed;
    sum.skipped += tally.skipped;
    sum.logs.push(...tally.logs);
    for (const failure of tally.failures) nameFailure(sum, failure);
  }
  return sum;
}

/** Keeps a failure if it is among the first, by index. */
export function nameFailure(tally: Tally, failure: MemberFailure): void {
  const { failures } = tally;
  const last = failures[failures.length - 1];
  if (failures.length >= namedFailures && last && last.index < failure.index) return;
  const message = failure.message.slice(0, namedLength);
  const at = failures.findIndex(({ index }) => index > failure.index);
  failures.splice(at < 0 ? failures.length : at, 0, { ...failure, message });
  failures.length = Math.min(failures.length, namedFailures);
}

export function doneOf({ succeeded, failed, skipped }: Tally): number {
  return succeeded + failed + skipped;
}

/** How many members may fail before the fan-out does; null: all of them. A percentage is rounded down. */
export function allowedFailures(policy: FailurePolicy, total: number): number | null {
  if (policy === 'continue') return null;
  if (policy === 'fail_fast') return 0;
  const { maxFailed } = policy;
  return typeof maxFailed === 'number' ? maxFailed : Math.floor((Number.parseFloat(maxFailed) * total) / 100);
}

export function summaryOf(total: number, { succeeded, failed, failures }: Tally, location?: string): FanOutSummary {
  const skipped = total - succeeded - failed;
  return { total, succeeded, failed, skipped, failures, ...(location !== undefined && { failuresLocation: location }) };
}

/** Why a fan-out failed, in one line. */
export function failureMessage(
  { total, failed, failures, failuresLocation }: FanOutSummary,
  policy: FailurePolicy,
): string {
  const rule = typeof policy === 'string' ? policy : `maxFailed ${policy.maxFailed}`;
  const [first] = failures;
  const example = first ? `: #${first.index} ${first.code}: ${first.message}` : '';
  const where = failuresLocation ? ` (all failures: ${failuresLocation})` : '';
  return `${failed} of ${total} members failed, by onFailure.policy ${rule} that ends the run${where}${example}`;
}
