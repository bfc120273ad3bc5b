import type { AuditEntry, AuditStore } from '../../store/store.js';
import type { Log } from '../log.js';

/** Entries that wait at most. */
const mostWaiting = 10_000;
const batchSize = 500;
/** How long entries gather before they are written. */
const gatherMs = 100;
const [firstWaitMs, longestWaitMs] = [500, 10_000];

export interface TrailOptions {
  audit: Pick<AuditStore, 'append'>;
  log: Log;
  /** Default 10,000. */
  mostWaiting?: number;
}

/**
 * Brings entries to the database in the background, in batches, and tries again while it is away. No request waits for it
 * or fails with it. What finds no place among those that wait, or is left when the process ends, goes to the log.
 */
export class AuditTrail {
  #waiting: AuditEntry[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #waitMs = firstWaitMs;
  #closed = false;

  constructor(private readonly options: TrailOptions) {}

  record(entry: AuditEntry): void {
    if (this.#closed || this.#waiting.length >= (this.options.mostWaiting ?? mostWaiting)) this.#tell(entry);
    else {
      this.#waiting.push(entry);
      this.#after(gatherMs);
    }
  }

  /** Writes what waits, if the database takes it now. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#writing;
    await this.#write();
    for (const entry of this.#waiting.splice(0)) this.#tell(entry);
  }

  #after(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#writing = this.#write().then((written) => {
        this.#timer = undefined;
        this.#waitMs = written ? firstWaitMs : Math.min(2 * this.#waitMs, longestWaitMs);
        if (this.#waiting.length > 0 && !this.#closed) this.#after(written ? 0 : this.#waitMs);
      });
    }, ms);
  }

  async #write(): Promise<boolean> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, batchSize);
      try {
        await this.options.audit.append(batch);
      } catch (error) {
        this.options.log('warn', 'The audit cannot be written; it waits.', {
          waiting: this.#waiting.length,
          error: String(error),
        });
        return false;
      }
      this.#waiting.splice(0, batch.length);
    }
    return true;
  }

  #tell(entry: AuditEntry): void {
    this.options.log('warn', 'An entry of the audit did not get to the database.', { audit: entry });
  }
}
