import type { RunInProgress, WaitingRun } from '../contract.js';
import type { Definition } from '../definition.js';
import type { NotRunReason } from '../states.js';

/** Runs of one job at the same time, whatever its definition says. Also what a definition of an older version means. */
const concurrencyLimit = 100;
/** What may wait where a definition of an older version does not say. */
const defaultBuffer = 100;

/** What the overlap policy says of one more run: it is let in, or not and why; those in its way may have to go. */
export type Admission = { admitted: true; replaces: boolean } | { admitted: false; reason: NotRunReason };

/** The rules of `overlap`, as one question. Runs that are caught up follow rules of their own and stand in nobody's way. */
export function judgeOverlap(
  { overlap, maxActiveRuns = concurrencyLimit, bufferSize = defaultBuffer }: Definition,
  running: readonly RunInProgress[],
  waiting: readonly WaitingRun[],
  /** Whether waiting runs that are caught up are held back by their spacing: then nothing is in the way. */
  spaced: boolean,
): Admission {
  const inLine = waiting.filter(({ trigger }) => trigger !== 'catch_up');
  const idle = running.length === 0 && (spaced ? inLine : waiting).length === 0;
  switch (overlap) {
    case 'allow': {
      const most = Math.min(maxActiveRuns, concurrencyLimit);
      return running.length + (spaced ? inLine : waiting).length < most ? admitted : turnedAway('overlap');
    }
    case 'buffer_one':
      return idle || inLine.length === 0 ? admitted : turnedAway('overlap');
    case 'buffer_all':
      return idle || inLine.length < bufferSize ? admitted : turnedAway('buffer_full');
    case 'cancel_previous':
    case 'terminate_previous':
      return { admitted: true, replaces: !idle };
    default:
      return idle ? admitted : turnedAway('overlap');
  }
}

const admitted: Admission = { admitted: true, replaces: false };

function turnedAway(reason: NotRunReason): Admission {
  return { admitted: false, reason };
}

/** How many runs may be under way at once. */
export function mostAtOnce({ overlap, maxActiveRuns = concurrencyLimit }: Definition): number {
  return overlap === 'allow' ? Math.min(maxActiveRuns, concurrencyLimit) : 1;
}
