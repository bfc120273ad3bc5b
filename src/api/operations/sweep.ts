import { startSweep } from '../sweep.js';

/** Between two looks at operations that nobody works at, in milliseconds, give or take a fifth. */
const intervalMs = 5000;

/** Takes up operations whose process ended, now and every few seconds until stopped. */
export function startOperationSweep(options: { sweep(): Promise<void>; random: () => number }): {
  stop(): Promise<void>;
} {
  return startSweep({ ...options, intervalMs });
}
