/**
 * The two state machines, as data. The picture and the table in docs/job-lifecycle.md are checked against this file.
 */
export const jobTransitions = {
  scheduled: ['running', 'paused', 'completed', 'cancelled'],
  running: ['scheduled', 'paused', 'completed', 'failed', 'cancelled'],
  paused: ['scheduled', 'running', 'completed', 'cancelled'],
  completed: [],
  failed: [],
  cancelled: [],
} as const satisfies Record<string, readonly string[]>;

export const runTransitions = {
  scheduled: ['queued', 'running', 'skipped', 'missed', 'cancelled'],
  queued: ['running', 'skipped', 'cancelled'],
  running: ['succeeded', 'failed', 'timed_out', 'cancelled', 'skipped', 'retrying'],
  retrying: ['running', 'succeeded', 'failed', 'timed_out', 'cancelled', 'skipped'],
  succeeded: [],
  failed: [],
  timed_out: [],
  cancelled: [],
  skipped: [],
  missed: [],
} as const satisfies Record<string, readonly string[]>;

export type JobState = keyof typeof jobTransitions;
export type RunState = keyof typeof runTransitions;

export const jobStates = Object.keys(jobTransitions) as JobState[];
export const runStates = Object.keys(runTransitions) as RunState[];

/** Whether a job in this state takes no more commands. */
export function isClosed(state: JobState): boolean {
  return jobTransitions[state].length === 0;
}

/** Whether a run in this state has ended, one way or another. */
export function isTerminal(state: RunState): boolean {
  return runTransitions[state].length === 0;
}

/** Why an occurrence did not run. Each has one meaning, explained in docs/job-lifecycle.md. */
export const notRunReasons = [
  'overlap',
  'paused',
  'catch_up_none',
  'catch_up_last',
  'catch_up_window',
  'catch_up_limit',
  'excluded',
  'buffer_full',
  'replaced',
  'job_cancelled',
  'by_task',
  'run_cancelled',
  'quota',
] as const;
export type NotRunReason = (typeof notRunReasons)[number];
