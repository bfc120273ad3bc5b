import type { RunProgress } from '../core/contract.js';
import type { ProgressRow } from '../store/store.js';

/** Between two writes of how far runs are, in milliseconds. */
const everyMs = 1000;

export interface ProgressBoardOptions {
  write: (rows: ProgressRow[]) => Promise<void>;
}

/**
 * How far the runs of a worker are: keeps the latest word of each, and writes all that changed in one statement, at most
 * once a second. What a database that is away does not take is said again with the next news.
 */
export class ProgressBoard {
  readonly #news = new Map<string, ProgressRow>();
  #rested = true;

  constructor(private readonly options: ProgressBoardOptions) {}

  set(run: { project: string; runId: string; attempt: number }, progress: RunProgress): void {
    this.#news.set(`${run.project}/${run.runId}`, { ...run, progress });
    if (this.#rested) void this.#write();
  }

  /** The run has ended: its last word goes with its end. */
  drop({ project, runId }: { project: string; runId: string }): void {
    this.#news.delete(`${project}/${runId}`);
  }

  async #write(): Promise<void> {
    this.#rested = false;
    const rows = [...this.#news.values()];
    this.#news.clear();
    // The news are for people who look on: nobody waits for them, and newer ones come.
    if (rows.length > 0) await this.options.write(rows).catch(() => {});
    setTimeout(() => {
      this.#rested = true;
      if (this.#news.size > 0) void this.#write();
    }, everyMs).unref();
  }
}
