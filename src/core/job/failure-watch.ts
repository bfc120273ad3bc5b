import type { JobCarry, Pause, RunSummary } from '../contract.js';
import { durationMs } from '../duration.js';
import { isoTime } from '../ids.js';

/** Who pauses a job that fails too often. */
const watcher = 'carillon';

/** What a run's end means for a job that pauses itself: it pauses, it resumes, or it waits for the next probe. */
export type FailureVerdict =
  | { pause: Omit<Pause, 'since' | 'missed'> }
  | { resume: true }
  | { probeAt: string | undefined }
  | undefined;

/** Counts failed runs in a row, and says when a job must pause itself and when it may go on. */
export class FailureWatch {
  constructor(private readonly carry: JobCarry) {}

  /** Takes in how a run ended at `now` (ms). Cancelled runs say nothing about whether the job works. */
  judge({ state, reason, trigger, error }: RunSummary, now: number): FailureVerdict {
    const { pause, definition } = this.carry.job;
    const failed = state === 'failed' || state === 'timed_out';
    const succeeded = state === 'succeeded' || reason === 'by_task';
    if (succeeded) delete this.carry.failures;
    else if (failed) this.carry.failures = (this.carry.failures ?? 0) + 1;
    if (pause?.failures !== undefined) {
      if (trigger !== 'probe') return undefined;
      if (succeeded) return { resume: true };
      if (failed) pause.failures += 1;
      return { probeAt: this.#probeAt(now) };
    }
    const { count } = definition.pauseAfterFailures ?? {};
    const failures = this.carry.failures ?? 0;
    if (pause || !failed || count === undefined || failures < count) return undefined;
    const runs = failures === 1 ? 'The last run failed' : `The last ${failures} runs failed`;
    const note = `${runs}, with ${error?.code ?? state} in the end.`;
    return { pause: { note, by: watcher, failures, probeAt: this.#probeAt(now) } };
  }

  /** A person resumed the job: it is given as many tries as at first. */
  forget(): void {
    delete this.carry.failures;
  }

  #probeAt(now: number): string | undefined {
    const { probeAfter } = this.carry.job.definition.pauseAfterFailures ?? {};
    return probeAfter === undefined ? undefined : isoTime(now + durationMs(probeAfter));
  }
}
