import type { JobSnapshot, JobStatus } from '../contract.js';
import type { JobState } from './job-state.js';
import { summaryOf } from './run-book.js';

/** The job as the database keeps it. */
export function snapshotOf({ job, closed, timetable, runs }: JobState): JobSnapshot {
  const idle = closed || job.pause !== null;
  return {
    ...job,
    nextRunAt: idle ? null : (timetable.next?.at ?? null),
    running: runs.running.length,
    lastRun: runs.last,
  };
}

/** The job as people ask for it while it lives. */
export function statusOf({ job, carry, closed, runs, outbox }: JobState): JobStatus {
  const { project, jobId, state, revision, counters, pause } = job;
  const { plan, recent, lastRefusal } = carry;
  const nextTimes = closed ? [] : plan.entries.slice(0, 5).map(({ at }) => at);
  const running = runs.running.map(summaryOf);
  return {
    ...{ project, jobId, state, revision, nextTimes, running, recent, counters, pause },
    ...{ outbox: outbox.size, lastRefusal },
  };
}
