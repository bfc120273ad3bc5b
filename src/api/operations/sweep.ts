import { setTimeout as wait } from 'node:timers/promises';

/** Between two looks at operations that nobody works at, in milliseconds, give or take a fifth. */
const intervalMs = 5000;

/** Takes up operations whose process ended, now and every few seconds until stopped. */
export function startOperationSweep({ sweep, random }: { sweep(): Promise<void>; random: () => number }): {
  stop(): Promise<void>;
} {
  const stopping = new AbortController();
  const { signal } = stopping;
  const running = (async () => {
    while (!signal.aborted) {
      await sweep();
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
