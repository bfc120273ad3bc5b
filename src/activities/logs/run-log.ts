import type { RunLogSummary } from '../../core/contract.js';
import { type LogLine, logMarks } from '../../core/run-log.js';
import type { LogLevel } from '../../core/task/context.js';
import { logKey } from '../../objects/layout.js';
import type { ObjectStore } from '../../objects/object-store.js';
import type { Mask } from '../secrets/mask.js';
import { type Kept, keptBefore } from './kept-before.js';
import { lineText } from './line.js';

export const logLimits = {
  /** What is written is in the store so soon after, if that keeps up. */
  flushMs: 500,
  /** So much is not held back for the next flush. */
  chunkBytes: 64 * 1024,
  /** What waits for a slow store, at most; lines beyond it are dropped and counted. */
  queueBytes: 1024 * 1024,
  /** Of all attempts of a run. The log is cut there. */
  runBytes: 10 * 1024 * 1024,
};

export interface RunLogOptions {
  objects: ObjectStore;
  /** Of the run's pieces, see `logPrefix`. */
  prefix: string;
  attempt: number;
  /** An attempt before this one may have left lines: numbering goes on after them. */
  resumes: boolean;
  mask: Mask;
  now: () => number;
  onTrouble: (message: string) => void;
  limits?: Partial<typeof logLimits>;
}

/**
 * The log of one attempt: takes lines at any rate without waiting, and writes them to the object store in pieces while
 * the attempt runs. A log without lines leaves nothing behind.
 */
export class RunLog {
  readonly #limits: typeof logLimits;
  #lines: string[] = [];
  #queued = 0;
  #dropped = 0;
  #cut = false;
  #failed = false;
  #kept: Kept = { lines: 0, bytes: 0, chunks: 0 };
  #timer?: NodeJS.Timeout;
  #begun?: Promise<void>;
  #flushing?: Promise<void>;

  constructor(private readonly options: RunLogOptions) {
    this.#limits = { ...logLimits, ...options.limits };
  }

  write(level: LogLevel, message: string, fields?: Record<string, unknown>): void {
    const { mask, attempt } = this.options;
    if (this.#cut) return;
    const text = lineText({ time: this.#time(), level, message, ...(fields && { fields }), attempt }, mask);
    const bytes = Buffer.byteLength(text);
    if (this.#queued + bytes > this.#limits.queueBytes) {
      this.#dropped += 1;
      return;
    }
    if (this.#dropped > 0) this.#mention();
    this.#push(text, bytes);
    if (this.#queued >= this.#limits.chunkBytes) void this.#flush();
    else this.#timer ??= setTimeout(() => void this.#flush(), this.#limits.flushMs);
  }

  /**
   * The attempt ended: nothing is written any more. Waits until the lines are in the store, but no longer than
   * `patienceMs`; what is under way then goes on.
   * @returns what the log holds, as far as it is known; undefined: there is none
   */
  async close(patienceMs: number): Promise<RunLogSummary | undefined> {
    if (this.#dropped > 0) this.#mention();
    if (this.#lines.length === 0 && !this.#begun) return undefined;
    const { lines: waiting } = this.#kept;
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patienceMs);
    });
    await Promise.race([this.#drain(), patience]).finally(() => clearTimeout(timer));
    return this.#summary(waiting);
  }

  #summary(_before: number): RunLogSummary | undefined {
    // What still waits will be one piece more.
    const { lines, bytes, chunks } = this.#kept;
    const open = this.#lines.length > 0 ? 1 : 0;
    if (lines + this.#lines.length === 0) return undefined;
    return {
      lines: lines + this.#lines.length,
      bytes: bytes + this.#queued,
      chunks: chunks + open,
      ...((this.#cut || this.#failed) && { truncated: true }),
    };
  }

  #time(): string {
    return new Date(this.options.now()).toISOString();
  }

  #push(text: string, bytes: number): void {
    this.#lines.push(text);
    this.#queued += bytes;
  }

  /** Says in the log that lines are missing from it. */
  #mention(): void {
    const message = `${this.#dropped} lines were left out: the object store did not keep up.`;
    const fields = { mark: logMarks.dropped, lines: this.#dropped };
    const text = lineText({ time: this.#time(), level: 'warn', message, fields, attempt: this.options.attempt }, this.options.mask);
    this.#dropped = 0;
    this.#push(text, Buffer.byteLength(text));
  }

  async #drain(): Promise<void> {
    while (this.#flushing || this.#lines.length > 0) await this.#flush();
  }

  /** One piece at a time; what comes meanwhile waits for the next. */
  #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushing ??= this.#flushOnce().finally(() => {
      this.#flushing = undefined;
      if (this.#queued >= this.#limits.chunkBytes) void this.#flush();
      else if (this.#lines.length > 0) this.#timer ??= setTimeout(() => void this.#flush(), this.#limits.flushMs);
    });
    return this.#flushing;
  }

  async #flushOnce(): Promise<void> {
    const { objects, prefix, attempt } = this.options;
    let taken: string[] = [];
    try {
      this.#begun ??= this.#begin();
      await this.#begun;
      taken = this.#take();
      if (taken.length === 0) return;
      const text = taken.join('');
      const number = this.#kept.chunks + 1;
      await objects.put(logKey(prefix, number, attempt), text, { contentType: 'application/x-ndjson' });
      const { lines, bytes } = this.#kept;
      this.#kept = { lines: lines + taken.length, bytes: bytes + Buffer.byteLength(text), chunks: number };
    } catch (error) {
      if (taken.length === 0) {
        this.#begun = undefined;
        this.#lines = [];
      }
      this.#failed = true;
      this.#dropped += taken.length;
      this.options.onTrouble(`The log ${prefix} could not be written: ${(error as Error).message}`);
    }
  }
}
