import type { JobState, RunState } from '../../core/states.js';

/** Words of the classic routes, and what each is here. docs/classic-routes.md is checked against these tables. */

/** Of jobs, at `/api/jobs`, `/api/v1` and in answers of `POST /v1/jobs`. */
export const jobStatuses = {
  scheduled: 'SCHEDULED',
  running: 'RUNNING',
  paused: 'PAUSED',
  completed: 'COMPLETED',
  failed: 'FAILED',
  cancelled: 'CANCELLED',
} as const satisfies Record<JobState, string>;
export type ClassicStatus = (typeof jobStatuses)[JobState];

/** Of executions, at the same. */
export const executionStatuses = {
  scheduled: 'SCHEDULED',
  queued: 'QUEUED',
  running: 'RUNNING',
  retrying: 'RETRYING',
  succeeded: 'COMPLETED',
  failed: 'FAILED',
  timed_out: 'FAILED',
  cancelled: 'CANCELLED',
  skipped: 'SKIPPED',
  missed: 'MISSED',
} as const satisfies Record<RunState, string>;

/** Of jobs at `/job`, which knows five words. */
export const fiveJobStatuses = {
  scheduled: 'SCHEDULED',
  running: 'RUNNING',
  paused: 'SCHEDULED',
  completed: 'COMPLETED',
  failed: 'ERRORED',
  cancelled: 'ERRORED',
} as const satisfies Record<JobState, string>;

/** Of executions at `/job`. */
export const fiveExecutionStatuses = {
  scheduled: 'SCHEDULED',
  queued: 'QUEUED',
  running: 'RUNNING',
  retrying: 'RUNNING',
  succeeded: 'COMPLETED',
  failed: 'ERRORED',
  timed_out: 'ERRORED',
  cancelled: 'ERRORED',
  skipped: 'ERRORED',
  missed: 'ERRORED',
} as const satisfies Record<RunState, string>;

/** Job types that are not the names of tasks. */
export const jobTypes: Record<string, string> = {
  webhook: 'http',
  http_request: 'http',
  api_call: 'http',
  mail: 'email',
  send_email: 'email',
  database: 'sql',
  sql_query: 'sql',
  container: 'steps',
  script: 'steps',
};

export const priorityWords = { high: 1, medium: 3, low: 5 } as const;

/** Frequencies in words, as durations. */
export const frequencyWords: Record<string, string> = {
  hourly: 'PT1H',
  daily: 'P1D',
  weekly: 'P1W',
  monthly: 'P1M',
};
