import type { JobCounters, JobSnapshot, Plan, RunSummary } from './contract.js';
import type { Schedule } from './schedule/schema.js';
import type { JobState, RunState } from './states.js';

/*
 * How a run's end changes a job. The workflow applies it to its state; the activity that executed the run foretells
 * the same to the database. Both call this, so both agree.
 */

const counterOf: Partial<Record<RunState, keyof JobCounters>> = {
  succeeded: 'succeeded',
  failed: 'failed',
  timed_out: 'timedOut',
  cancelled: 'cancelled',
  skipped: 'skipped',
  missed: 'missed',
};

export function countOutcome(counters: JobCounters, state: RunState): JobCounters {
  const name = counterOf[state];
  return name ? { ...counters, [name]: counters[name] + 1 } : counters;
}

export const zeroCounters: JobCounters = {
  succeeded: 0,
  failed: 0,
  timedOut: 0,
  cancelled: 0,
  skipped: 0,
  missed: 0,
  started: 0,
};

/** Whether the schedule has a single occurrence. */
export function isOnce(schedule: Schedule): boolean {
  const { immediate, at } = schedule;
  return immediate === true || (Array.isArray(at) ? at.length === 1 : at !== undefined);
}

/** How a job ends whose schedule has nothing left: a job of one occurrence fares as its run did. */
export function closedState(schedule: Schedule, lastRun: RunSummary | null): JobState {
  if (!isOnce(schedule) || !lastRun || lastRun.state === 'succeeded' || lastRun.reason === 'by_task')
    return 'completed';
  return lastRun.state === 'cancelled' ? 'cancelled' : 'failed';
}

/** The snapshot after a run ended, as the executing activity foretells it: one revision on. */
export function afterRun(
  snapshot: JobSnapshot,
  summary: RunSummary,
  last: boolean,
  plan: Plan | undefined,
): JobSnapshot {
  const ends = last && (plan?.entries.length ?? 0) === 0 && plan?.exhausted !== false;
  const running = snapshot.running - 1;
  const open: JobState = snapshot.pause ? 'paused' : running > 0 ? 'running' : 'scheduled';
  return {
    ...snapshot,
    revision: snapshot.revision + 1,
    state: ends ? closedState(snapshot.definition.schedule, summary) : open,
    running,
    counters: countOutcome(snapshot.counters, summary.state),
    lastRun: summary,
    nextRunAt: snapshot.pause
      ? null
      : (snapshot.nextRunAt ?? plan?.entries.find(({ excluded }) => excluded === undefined)?.at ?? null),
    closedAt: ends ? (summary.finishedAt ?? null) : null,
    closeReason: ends ? 'schedule exhausted' : null,
  };
}
