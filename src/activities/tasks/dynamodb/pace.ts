import { setTimeout as delay } from 'node:timers/promises';

/** Lets through at most so many a second, evenly, whoever asks. */
export class Pace {
  #free = 0;

  constructor(
    private readonly perSecond: number | undefined,
    private readonly now: () => number,
  ) {}

  /** Resolves when `count` more may go. Rejects when the signal aborts. */
  async take(count: number, signal: AbortSignal): Promise<void> {
    if (this.perSecond === undefined) return;
    const now = this.now();
    const start = Math.max(now, this.#free);
    this.#free = start + (count * 1000) / this.perSecond;
    if (start > now) await delay(start - now, undefined, { signal });
  }
}
