import { isoTime } from '../core/ids.js';
import type { JobState } from '../core/job/job-state.js';

/** The job in markdown, for the Temporal Web UI's "current details". */
export function detailsOf(state: JobState): string {
  const { job, carry } = state;
  const lines = [`**${job.state}** · ${job.words}`, ''];
  if (job.pause) {
    const until = job.pause.until ? ` until ${job.pause.until}` : '';
    lines.push(`Paused since ${job.pause.since}${until}${job.pause.note ? `: ${job.pause.note}` : ''}`, '');
    const { missed, probeAt } = job.pause;
    if (missed?.count) lines.push(`Due meanwhile: ${missed.count} (${missed.policy})`, '');
    if (probeAt) lines.push(`Tries a run at ${probeAt}`, '');
  }
  if (job.closeReason) lines.push(`Ended ${job.closedAt}: ${job.closeReason}`, '');
  const next = state.closed ? [] : state.timetable.upcoming(3).map((at) => `- ${at}`);
  if (next.length > 0) lines.push('Next:', ...next, '');
  const now = carry.running.map((run) => `- ${run.runId} (attempt ${run.attempt})`);
  if (now.length > 0) lines.push('Running:', ...now, '');
  const last = carry.recent.slice(0, 5).map((run) => {
    const why = run.reason ?? run.error?.code;
    return `- ${run.scheduledAt} ${run.state}${why ? ` (${why})` : ''}`;
  });
  if (last.length > 0) lines.push('Last:', ...last, '');
  const { succeeded, failed, timedOut, skipped, missed } = job.counters;
  lines.push(`${succeeded} succeeded, ${failed} failed, ${timedOut} timed out, ${skipped} skipped, ${missed} missed`);
  return lines.join('\n');
}

/** One line for the timer event: what it waits for. */
export function timerSummary(state: JobState, wake: number): string {
  const { next } = state.timetable;
  const forNext = next && [next.wake, next.effectiveAt ?? next.at].some((time) => Date.parse(time) === wake);
  return forNext ? `next: ${next.at}` : `look again: ${isoTime(wake)}`;
}
