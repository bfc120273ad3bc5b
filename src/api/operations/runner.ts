import { setTimeout as wait } from 'node:timers/promises';
import type { OperationState } from '../../core/operations.js';
import type { Lease, OperationProgress, OperationRef, OperationRow } from '../../store/store.js';
import type { InnerContext } from '../context.js';
import { applyTo } from './item.js';
import { selectionOf } from './selection.js';

/** Operations under way at once in one process: others wait for the next sweep. */
const atOnce = 2;
/** Commands under way at once of one operation. */
const width = 8;
const pageSize = 25;
const shownErrors = 20;
/** Others take an operation up when nothing was heard of it for so long, in milliseconds. */
const leaseMs = 30_000;
/** How often the lease is kept, and looked whether the operation was cancelled. */
const beatMs = 2000;
/** Waits while something is away, in milliseconds: each twice the one before, up to the last. */
const backoff = { first: 500, last: 15_000 };

/**
 * Works at operations, one page after another. What is under way stands in the database before it begins, and is counted
 * there when it is done: whoever comes after a crash repeats one page, of which each command does nothing the second time.
 */
export class OperationRunner {
  readonly #running = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  readonly #lease: Lease;

  constructor(holder: string) {
    this.#lease = { holder, ms: leaseMs };
  }

  /** Begins with an operation in the background, unless there is enough to do: then a sweep takes it up. */
  start(context: InnerContext, ref: OperationRef): void {
    if (this.#running.size < atOnce) void this.#track(this.#take(context, ref));
  }

  /** Works at every operation that nobody works at. */
  async sweep(context: InnerContext): Promise<void> {
    while (this.#running.size < atOnce && !this.#stopping.signal.aborted) {
      let found = false;
      await this.#track(
        this.#take(context).then((taken) => {
          found = taken;
        }),
      );
      if (!found) return;
    }
  }

  /** Ends after the commands under way; another process goes on. */
  async close(): Promise<void> {
    this.#stopping.abort();
    await Promise.allSettled(this.#running);
  }

  async #track(work: Promise<unknown>): Promise<void> {
    const running = work.then(
      () => undefined,
      () => undefined,
    );
    this.#running.add(running);
    await running;
    this.#running.delete(running);
  }

  /** False: nothing to take, or not now. */
  async #take(context: InnerContext, ref?: OperationRef): Promise<boolean> {
    try {
      const row = await context.store.operations.claim(this.#lease, ref);
      if (!row) return false;
      await this.#work(context, row);
      return true;
    } catch (error) {
      context.log('warn', 'An operation cannot go on now; a sweep will take it up again.', { error: String(error) });
      return false;
    }
  }

  async #work(context: InnerContext, row: OperationRow): Promise<void> {
    const { operations } = context.store;
    const selection = selectionOf(context.store, row);
    const { signal } = this.#stopping;
    let state: OperationState | undefined = row.state;
    const beat = setInterval(async () => {
      state = await operations.save(row, this.#lease).catch(() => state);
    }, beatMs);
    try {
      let progress: OperationProgress = row;
      for (let pause = 0; !signal.aborted; ) {
        if (state === undefined) return;
        if (state === 'cancelling') return await operations.close(row, this.#lease, 'cancelled', 'cancelled');
        if (progress.page) {
          progress = await this.#page(context, row, progress, () => state === 'running');
          pause = progress.page ? Math.min(Math.max(pause * 2, backoff.first), backoff.last) : 0;
        } else if (progress.exhausted) {
          const [end, reason] = progress.failed > 0 ? (['failed', 'some failed'] as const) : endedWell;
          return await operations.close(row, this.#lease, end, reason);
        } else {
          const { ids, next } = await selection.page(pageSize, progress.cursor);
          progress = { ...progress, cursor: next, page: ids.length > 0 ? ids : null, exhausted: next === null };
        }
        state = await operations.save(row, this.#lease, progress);
        if (pause > 0) await wait(pause, undefined, { signal, ref: false }).catch(() => undefined);
      }
      await operations.release(row, this.#lease);
    } finally {
      clearInterval(beat);
    }
  }

  /** Does one page. What is left of it, as something is away or it is to stop, stays its page. */
  async #page(
    context: InnerContext,
    row: OperationRow,
    before: OperationProgress,
    goesOn: () => boolean,
  ): Promise<OperationProgress> {
    const progress = { ...before, errors: [...before.errors] };
    const ids = before.page ?? [];
    const left = new Set(ids);
    let held = false;
    const queue = ids.values();
    const lane = async () => {
      for (const id of queue) {
        if (held || this.#stopping.signal.aborted || !goesOn()) return;
        const outcome = await applyTo(context, row, id);
        if (outcome === 'later') {
          held = true;
          return;
        }
        left.delete(id);
        if (outcome === 'done' || outcome === 'skipped') progress[outcome] += 1;
        else {
          progress.failed += 1;
          const { code, message } = outcome;
          if (progress.errors.length < shownErrors) progress.errors.push({ id, code, message });
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(width, ids.length) }, lane));
    return { ...progress, page: left.size > 0 ? [...left] : null };
  }
}

const endedWell = ['succeeded', 'went through all'] as const;
