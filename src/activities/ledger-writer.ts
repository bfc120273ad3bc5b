import type { LedgerEntry } from '../core/contract.js';
import { CarillonError } from '../core/errors.js';
import type { LedgerBatch, Store } from '../store/store.js';
import { Gathering, restOf } from './gathering.js';

/** Batches written in one go. */
const batchLimit = 200;
/** Most of what a write costs, both sides, it costs for one run and for five. */
const restAfter = restOf(9, 100);
/** After the database failed to answer it is left alone for so long. */
const awayMs = 1000;

export interface LedgerWriterOptions {
  store: Pick<Store, 'write'>;
  now: () => number;
  /** Told of entries once they are in the ledger; those of one write at a time. */
  onRecorded?: (entries: RecordedEntry[]) => void;
  /** Told of what went wrong, in one line. */
  onTrouble?: (message: string) => void;
}

export type RecordedEntry = LedgerEntry & { project: string; jobId: string };

interface Waiting {
  batch: LedgerBatch;
  done: (written: boolean) => void;
}

/**
 * Writes the news of many runs in few statements: while one write is under way, and for a moment after it, the next
 * gathers. News that come alone are written at once. A database that is away costs a run its patience once, then nothing:
 * what could not be written is told so and waits in the workflow.
 */
export class LedgerWriter {
  readonly #news = new Gathering<Waiting>({ work: (group) => this.#writeAll(group), most: batchLimit, restAfter });
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
      this.#news.add({ batch, done });
    });
  }

  async #writeAll(group: Waiting[]): Promise<void> {
    if (this.away) {
      for (const { done } of group) done(false);
      return;
    }
    try {
      await this.options.store.write(group.map(({ batch }) => batch));
      for (const { done } of group) done(true);
      this.options.onRecorded?.(group.flatMap(({ batch }) => recordedOf(batch)));
    } catch (error) {
      if (error instanceof CarillonError && error.code === 'STORE_UNAVAILABLE') {
        this.#awayUntil = this.options.now() + awayMs;
        for (const { done } of group) done(false);
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

function recordedOf({ snapshot, entries }: LedgerBatch): RecordedEntry[] {
  return entries.map((entry) => ({ ...entry, project: snapshot.project, jobId: snapshot.jobId }));
}
