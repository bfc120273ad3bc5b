import { type JobState, jobStates } from '../../core/states.js';
import type { JobCounter, JobCounts, JobFilter } from '../../store/store.js';
import type { CountView } from '../views.js';
import { within } from '../within.js';

/** Filtered jobs are counted up to here. */
export const countBound = 10_000;
/** All jobs of a project are counted this often at most, in milliseconds, */
const keepMs = 2000;
/** and counting takes at most this share of the time: what reads a hundred million entries is not done every two seconds. */
const share = 1 / 20;
/** Whoever asks waits so long for a count, in milliseconds, and has then what is known. */
const patienceMs = 250;
/** Nobody has asked for so long, in milliseconds: the count is forgotten. */
const forgetMs = 600_000;

type Counted = Awaited<ReturnType<JobCounter['all']>>;

interface Kept {
  counted?: Counted;
  counting?: Promise<Counted>;
  /** From here on the next who asks has it counted again, behind their back. */
  staleAt: number;
  /** From here on they wait for that. */
  oldAt: number;
}

/** Counts jobs. All of a project are counted seldom, whoever asks, and those who ask often never wait for it. */
export class JobCounting {
  readonly #kept = new Map<string, Kept>();

  /** @param now milliseconds that never go back */
  constructor(
    private readonly counter: JobCounter,
    private readonly now: () => number,
  ) {}

  async count(filter: JobFilter): Promise<CountView> {
    const { project, state: asked = jobStates, ...others } = filter;
    if (Object.values(others).some((value) => value !== undefined)) return this.#bounded(filter, asked);
    const counted = await this.#all(project);
    if (!counted) return this.#bounded(filter, asked);
    const { counts, asOf } = counted;
    return { total: sum(counts, asked), byState: byState(counts, asked), asOf };
  }

  async #bounded(filter: JobFilter, asked: readonly JobState[]): Promise<CountView> {
    // One more than the bound, so that the bound itself is exact.
    const { counts, asOf } = await this.counter.matching(filter, countBound + 1);
    const total = sum(counts, asked);
    return total > countBound
      ? { total: countBound, atLeast: true, asOf }
      : { total, byState: byState(counts, asked), asOf };
  }

  /** The count of a project as far as it is known; undefined: the first one is still being made. */
  async #all(project: string): Promise<Counted | undefined> {
    const now = this.now();
    const kept = this.#kept.get(project) ?? { staleAt: now, oldAt: now };
    if (now >= kept.staleAt) kept.counting ??= this.#recount(project, kept);
    if (now < kept.oldAt || !kept.counting) return kept.counted;
    return (await within(patienceMs, kept.counting)) ?? kept.counted;
  }

  #recount(project: string, kept: Kept): Promise<Counted> {
    const began = this.now();
    for (const [name, { oldAt, counting }] of this.#kept) {
      if (!counting && began - oldAt > forgetMs) this.#kept.delete(name);
    }
    this.#kept.set(project, kept);
    const counting = this.counter.all(project).then(
      (counted) => {
        const now = this.now();
        const interval = Math.max(keepMs, (now - began) / share);
        Object.assign(kept, { counted, counting: undefined, staleAt: began + interval, oldAt: began + 2 * interval });
        return counted;
      },
      (error) => {
        // One that took long before it failed is not tried again at once.
        Object.assign(kept, { counting: undefined, staleAt: began + (this.now() - began) / share });
        throw error;
      },
    );
    // Nobody may be waiting for it.
    counting.catch(() => undefined);
    return counting;
  }
}

function sum(counts: JobCounts, states: readonly JobState[]): number {
  return states.reduce((total, state) => total + (counts[state] ?? 0), 0);
}

function byState(counts: JobCounts, states: readonly JobState[]): JobCounts {
  return Object.fromEntries(states.map((state) => [state, counts[state] ?? 0]));
}
