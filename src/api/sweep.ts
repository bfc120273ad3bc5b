import { setTimeout as wait } from 'node:timers/promises';

export interface SweepOptions {
  /** Done now and again and again; it deals with its own failures. */
  sweep(signal: AbortSignal): Promise<void>;
  /** Between two, in milliseconds, give or take a fifth. */
  intervalMs: number;
  /** A number from 0 to 1, so that several processes do not sweep at once. */
  random: () => number;
}

/** Sweeps until it is stopped. `stop` resolves when the sweep under way has ended. */
export function startSweep({ sweep, intervalMs, random }: SweepOptions): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  const running = (async () => {
    while (!signal.aborted) {
      await sweep(signal);
      const pause = intervalMs * (0.8 + 0.4 * random());
      await wait(pause, undefined, { signal, ref: false }).catch(() => undefined);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
