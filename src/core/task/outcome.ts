import { durationMs, parseDuration } from '../duration.js';

/** How a run ends, or goes on, other than by a result or an error: return one from a task. */
export type TaskOutcome =
  | { kind: 'retryAfter'; waitMs: number; reason?: string }
  | { kind: 'giveUp'; reason: string }
  | { kind: 'skip'; reason: string };

const mark = Symbol.for('carillon.outcome');

/** The attempt failed; the next one, if any is left, comes in `wait` (ISO 8601 or `5m`), whatever the back-off says. */
export function retryAfter(wait: string, reason?: string): TaskOutcome {
  parseDuration(wait);
  return outcome({ kind: 'retryAfter', waitMs: durationMs(wait), ...(reason !== undefined && { reason }) });
}

/** The run failed for good: no further attempt could help. */
export function giveUp(reason: string): TaskOutcome {
  return outcome({ kind: 'giveUp', reason });
}

/** There was nothing to do: the run ends as `skipped`, and the ledger says so with the reason. */
export function skip(reason: string): TaskOutcome {
  return outcome({ kind: 'skip', reason });
}

export function isOutcome(value: unknown): value is TaskOutcome {
  return typeof value === 'object' && value !== null && mark in value;
}

function outcome(value: TaskOutcome): TaskOutcome {
  return Object.defineProperty(value, mark, { value: true });
}

/** An outcome that came from another process, as one again. */
export function revive(plain: TaskOutcome): TaskOutcome {
  return outcome({ ...plain });
}
