import type { LedgerEntry } from '../core/contract.js';
import { CarillonError } from '../core/errors.js';
import type { LedgerBatch, Store } from '../store/store.js';

/** Batches written in one go. */
const batchLimit = 200;
/** After the database failed to answer it is left alone for so long. */
const restMs = 1000;

export interface LedgerWriterOptions {
  store: Pick<Store, 'write'>;
  now: () => number;
  /** Told of every entry once it is in the ledger. */
  onRecorded?: (entry: LedgerEntry & { project: string; jobId: string }) => void;
  /** Told of what went wrong, in one line. */
  onTrouble?: (message: string) => void;
}

interface Waiting {
  batch: LedgerBatch;
  done: (written: boolean) => void;
}

/**
 * Writes the news of many runs in few statements: while one write is under way, the next gathers. A database that is
 * away costs a run its patience once, then nothing: what could not be written is told so and waits in the workflow.
 */
export class LedgerWriter {
  #waiting: Waiting[] = [];
  #writing = false;
  #awayUntil = 0;

  constructor(private readonly options: LedgerWriterOptions) {}

  /** The database did not answer a moment ago: it is not asked. */
  get away(): boolean {
    return this.options.now() < this.#awayUntil;
  }

  /** Whether the batch is in the database, known within `patienceMs`. False may still turn true later; writing twice is harmless. */
  write(batch: LedgerBatch, patienceMs: number): Promise<boolean> {
    if (this.away) return Promise.resolve(false);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, patienceMs, false);
      const done = (written: boolean) => {
        clearTimeout(timer);
        resolve(written);
      };
      this.#waiting.push({ batch, done });
      if (!this.#writing) void this.#pump();
    });
  }

  async #pump(): Promise<void> {
    this.#writing = true;
    while (this.#waiting.length > 0) await this.#writeAll(this.#waiting.splice(0, batchLimit));
    this.#writing = false;
  }

  async #writeAll(group: Waiting[]): Promise<void> {
    try {
      await this.options.store.write(group.map(({ batch }) => batch));
      for (const { batch, done } of group) {
        done(true);
        for (const entry of batch.entries) this.options.onRecorded?.({ ...entry, ...idsOf(batch) });
      }
    } catch (error) {
      if (error instanceof CarillonError && error.code === 'STORE_UNAVAILABLE') {
        this.#awayUntil = this.options.now() + restMs;
        for (const { done } of [...group, ...this.#waiting.splice(0)]) done(false);
      } else if (group.length > 1) {
        // One batch the database refuses must not hold up the others.
        for (const one of group) await this.#writeAll([one]);
      } else {
        this.options.onTrouble?.(`ledger: ${error instanceof Error ? error.message : error}`);
        group[0]?.done(false);
      }
    }
  }
}

function idsOf({ snapshot }: LedgerBatch): { project: string; jobId: string } {
  return { project: snapshot.project, jobId: snapshot.jobId };
}
