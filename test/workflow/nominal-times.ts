import { isoTime, workflowId } from '../../src/core/ids.js';
import { executionsOf, type Recorded } from '../rig/rig.js';
import type { VirtualRig } from './virtual-rig.js';

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

/** Nominal times from `from` (exclusive) to `to` (inclusive), on multiples of the step. */
export function every(stepMs: number, from: number, to: number): string[] {
  const times = [];
  for (let time = (Math.floor(from / stepMs) + 1) * stepMs; time <= to; time += stepMs) times.push(isoTime(time));
  return times;
}

export function timesOf(entries: Recorded[], fits: (entry: Recorded) => boolean = () => true): string[] {
  return entries
    .filter(fits)
    .map(({ scheduledAt }) => scheduledAt)
    .sort();
}

/** The executions of a job: how often it continued as new. */
export async function chainLength(rig: VirtualRig, jobId: string): Promise<number> {
  return (await executionsOf(rig.temporal, workflowId(rig.project, jobId))).length;
}
