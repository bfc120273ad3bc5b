import { setTimeout as wait } from 'node:timers/promises';
import type { RunLogSummary } from '../../core/contract.js';
import { logMarks } from '../../core/run-log.js';
import type { LogLevel } from '../../core/task/context.js';
import { logKey } from '../../objects/layout.js';
import type { ObjectStore } from '../../objects/object-store.js';
import type { Mask } from '../secrets/mask.js';
import { type Kept, keptBefore } from './kept-before.js';
import { lineText } from './line.js';

export const logLimits = {
  /** What is written is on its way to the store so soon after. */
  flushMs: 400,
  /** So much is not held back for the next flush. */
  chunkBytes: 64 * 1024,
  /** What waits for a slow store, at most; lines beyond it are dropped and counted. */
  queueBytes: 1024 * 1024,
  /** Of all attempts of a run. The log is cut there. */
  runBytes: 10 * 1024 * 1024,
  /** How long after the end of an attempt a store that fails is tried again. */
  persistMs: 30_000,
};

export interface RunLogOptions {
  objects: ObjectStore;
  /** Of the run's pieces, see `logPrefix`. */
  prefix: string;
  attempt: number;
  /** An attempt before this one may have left lines: the numbers go on after them. */
  resumes: boolean;
  mask: Mask;
  now: () => number;
  /** Told in one line of what could not be kept. */
  onTrouble: (message: string) => void;
  limits?: Partial<typeof logLimits>;
}

interface Waiting {
  text: string;
  bytes: number;
}

/**
 * The log of one attempt: takes lines at any rate without waiting, and writes them to the object store in pieces while
 * the attempt runs. A log without lines leaves nothing behind.
 */
export class RunLog {
  readonly #limits: typeof logLimits;
  #queue: Waiting[] = [];
  #queued = 0;
  #dropped = 0;
  /** No further line is taken. */
  #closed = false;
  #cut = false;
  #lost = false;
  #troubled = false;
  #kept?: Kept;
  #timer?: NodeJS.Timeout;
  #flushing?: Promise<boolean>;
  /** Settles when nothing is under way any more, after {@link close}. */
  settled: Promise<void> = Promise.resolve();

  constructor(private readonly options: RunLogOptions) {
    this.#limits = { ...logLimits, ...options.limits };
  }

  write(level: LogLevel, message: string, fields?: Record<string, unknown>): void {
    if (this.#closed || this.#cut) return;
    if (this.#queued >= this.#limits.queueBytes) {
      this.#dropped += 1;
      return;
    }
    this.#mentionDropped();
    this.#push(level, message, fields);
    if (this.#queued >= this.#limits.chunkBytes) void this.#flush();
    else this.#arm();
  }

  /**
   * The attempt ended: no line is taken any more. Waits until all are in the store, but no longer than `patienceMs`;
   * the rest goes on behind.
   * @returns what the log holds, what is under way included; undefined: there is none
   */
  async close(patienceMs: number): Promise<RunLogSummary | undefined> {
    this.#closed = true;
    this.#mentionDropped();
    this.settled = this.#drain();
    const impatient = new AbortController();
    const patience = wait(patienceMs, undefined, { signal: impatient.signal }).catch(() => {});
    await Promise.race([this.settled, patience]).finally(() => impatient.abort());
    const { lines, bytes, chunks } = this.#kept ?? { lines: 0, bytes: 0, chunks: 0 };
    if (lines + this.#queue.length === 0) return undefined;
    return {
      lines: lines + this.#queue.length,
      bytes: bytes + this.#queued,
      chunks: chunks + (this.#queue.length > 0 ? 1 : 0),
      ...((this.#cut || this.#lost) && { truncated: true }),
    };
  }

  #push(level: LogLevel, message: string, fields?: Record<string, unknown>): void {
    const waiting = this.#line(level, message, fields);
    this.#queue.push(waiting);
    this.#queued += waiting.bytes;
  }

  #line(level: LogLevel, message: string, fields?: Record<string, unknown>): Waiting {
    const { mask, attempt, now } = this.options;
    const text = lineText({ time: new Date(now()).toISOString(), level, message, fields, attempt }, mask);
    return { text, bytes: Buffer.byteLength(text) };
  }

  #mentionDropped(): void {
    if (this.#dropped === 0) return;
    this.#lost = true;
    const message = `${this.#dropped} lines were left out: the object store did not keep up.`;
    this.#push('warn', message, { mark: logMarks.dropped, lines: this.#dropped });
    this.#dropped = 0;
  }

  #arm(): void {
    this.#timer ??= setTimeout(() => void this.#flush(), this.#limits.flushMs);
  }

  /** Until everything is written, or the store has failed for too long. */
  async #drain(): Promise<void> {
    const until = this.options.now() + this.#limits.persistMs;
    while (this.#flushing || this.#queue.length > 0) {
      if (await this.#flush()) continue;
      if (this.options.now() >= until) {
        this.options.onTrouble(`${this.#queue.length} lines of the log ${this.options.prefix} are lost.`);
        this.#lost = true;
        this.#queue = [];
        this.#queued = 0;
      } else {
        await wait(this.#limits.flushMs);
      }
    }
    clearTimeout(this.#timer);
  }

  /** Writes what waits as one piece, one piece at a time. @returns whether the store took it */
  #flush(): Promise<boolean> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushing ??= this.#flushOnce().finally(() => {
      this.#flushing = undefined;
      if (!this.#closed && this.#queue.length > 0) this.#arm();
    });
    return this.#flushing;
  }

  async #flushOnce(): Promise<boolean> {
    const { objects, prefix, attempt, resumes } = this.options;
    try {
      this.#kept ??= resumes ? await keptBefore(objects, prefix) : { lines: 0, bytes: 0, chunks: 0 };
      this.#cutWhereFull(this.#kept.bytes);
      const taken = this.#queue.slice();
      if (taken.length === 0) return true;
      const number = this.#kept.chunks + 1;
      const text = taken.map((line) => line.text).join('');
      await objects.put(logKey(prefix, number, attempt), text, { contentType: 'application/x-ndjson' });
      const bytes = taken.reduce((sum, line) => sum + line.bytes, 0);
      this.#queue.splice(0, taken.length);
      this.#queued -= bytes;
      this.#kept = { lines: this.#kept.lines + taken.length, bytes: this.#kept.bytes + bytes, chunks: number };
      return true;
    } catch (error) {
      if (!this.#troubled) this.options.onTrouble(`The log ${prefix} cannot be written: ${(error as Error).message}`);
      this.#troubled = true;
      return false;
    }
  }

  /** Leaves out what goes beyond the run's bound, and says so in one line. */
  #cutWhereFull(before: number): void {
    const { runBytes } = this.#limits;
    if (this.#cut || before + this.#queued <= runBytes) return;
    let bytes = before;
    const fitting = this.#queue.findIndex((line) => {
      bytes += line.bytes;
      return bytes > runBytes;
    });
    this.#queue.length = fitting;
    // An attempt before this one may have filled it, and said so.
    if (before < runBytes) {
      const message = `The log ends here: a run keeps at most ${runBytes} bytes.`;
      this.#queue.push(this.#line('warn', message, { mark: logMarks.cut }));
    }
    this.#queued = this.#queue.reduce((sum, line) => sum + line.bytes, 0);
    this.#cut = true;
    this.#dropped = 0;
  }
}
