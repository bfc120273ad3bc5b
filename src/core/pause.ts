import type { PausedPolicy } from './definition.js';

/** That a job is paused: who did it and why, and what becomes of what came due meanwhile. */
export interface Pause {
  note?: string;
  by?: string;
  since: string;
  until?: string;
  /** What came due meanwhile, and what becomes of it on resuming. */
  missed?: MissedMeanwhile;
  /** The job paused itself after so many failures in a row. */
  failures?: number;
  /** When a single run is tried, whose success resumes the job. */
  probeAt?: string;
}

export interface MissedMeanwhile {
  policy: PausedPolicy;
  /** Occurrences that came due since the pause began. */
  count: number;
  /** Nominal times of the first and the last of them. */
  first?: string;
  last?: string;
}
