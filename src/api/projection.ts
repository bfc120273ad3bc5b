import type { JobSnapshot } from '../core/contract.js';
import { CarillonError } from '../core/errors.js';
import type { Store } from '../store/store.js';
import type { Log } from './log.js';

/** Waits before each further attempt, in milliseconds. What is still missing then, the reconciler brings. */
const backoff = [1000, 5000, 30_000];
/** While the database is away, no more than this many snapshots wait here. */
const capacity = 1000;

/**
 * Brings news of a job to the read model before the API answers. A database that is away is no error of the command:
 * the snapshot is written a little later, and any newer revision outranks it.
 */
export class Projection {
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(
    private readonly store: Pick<Store, 'write'>,
    private readonly log: Log,
  ) {}

  async save(snapshot: JobSnapshot): Promise<void> {
    await this.#attempt(snapshot, 0);
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  async #attempt(snapshot: JobSnapshot, attempt: number): Promise<void> {
    try {
      await this.store.write([{ snapshot, entries: [] }]);
    } catch (error) {
      const { project, jobId, revision } = snapshot;
      const wait = error instanceof CarillonError && error.code === 'STORE_UNAVAILABLE' ? backoff[attempt] : undefined;
      const again = wait !== undefined && this.#timers.size < capacity;
      this.log('warn', 'A job could not be written to the read model.', {
        project,
        jobId,
        revision,
        again,
        error: String(error),
      });
      if (!again) return;
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        void this.#attempt(snapshot, attempt + 1);
      }, wait);
      this.#timers.add(timer);
    }
  }
}
