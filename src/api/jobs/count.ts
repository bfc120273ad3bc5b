import { type JobState, jobStates } from '../../core/states.js';
import type { JobCounter, JobCounts, JobFilter } from '../../store/store.js';
import type { CountView } from '../views.js';

/** Filtered jobs are counted up to here. */
export const countBound = 10_000;
/** Counts of all jobs of a project serve for so long, in milliseconds. */
const keepMs = 2000;

interface Kept {
  until: number;
  counted: ReturnType<JobCounter['all']>;
}

/** Counts jobs. All of a project are counted at most once in two seconds, whoever asks. */
export class JobCounting {
  readonly #kept = new Map<string, Kept>();

  constructor(
    private readonly counter: JobCounter,
    private readonly now: () => number,
  ) {}

  async count(filter: JobFilter): Promise<CountView> {
    const { project, state: asked = jobStates, ...others } = filter;
    if (Object.values(others).some((value) => value !== undefined)) {
      // One more than the bound, so that the bound itself is exact.
      const { counts, asOf } = await this.counter.matching(filter, countBound + 1);
      const total = sum(counts, asked);
      return total > countBound
        ? { total: countBound, atLeast: true, asOf }
        : { total, byState: byState(counts, asked), asOf };
    }
    const { counts, asOf } = await this.#all(project);
    return { total: sum(counts, asked), byState: byState(counts, asked), asOf };
  }

  #all(project: string): Kept['counted'] {
    const now = this.now();
    const known = this.#kept.get(project);
    if (known && known.until > now) return known.counted;
    for (const [name, { until }] of this.#kept) if (until <= now) this.#kept.delete(name);
    const counted = this.counter.all(project);
    this.#kept.set(project, { until: now + keepMs, counted });
    counted.catch(() => this.#kept.delete(project));
    return counted;
  }
}

function sum(counts: JobCounts, states: readonly JobState[]): number {
  return states.reduce((total, state) => total + (counts[state] ?? 0), 0);
}

function byState(counts: JobCounts, states: readonly JobState[]): JobCounts {
  return Object.fromEntries(states.map((state) => [state, counts[state] ?? 0]));
}
