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
export function statusOf({ job, carry, closed, runs, outbox, timetable }: JobState): JobStatus {
  const { project, jobId, state, revision, counters, pause } = job;
  const { recent, lastRefusal } = carry;
  const nextTimes = closed ? [] : timetable.upcoming(5);
  const running = runs.running.map(summaryOf);
  return {
    ...{ project, jobId, state, revision, nextTimes, running, recent, counters, pause },
    ...{ outbox: outbox.size, lastRefusal },
  };
}
