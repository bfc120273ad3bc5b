import { createHash } from 'node:crypto';

const longestName = 200;

/** A run's id as one part of a key: itself, or where it is long or has characters of paths, shortened and hashed. */
export function runName(runId: string): string {
  const plain = runId.replace(/[^A-Za-z0-9@:!$&'()+,;=._-]/g, '_').slice(0, longestName);
  if (plain === runId) return runId;
  return `${plain}~${createHash('sha256').update(runId).digest('hex').slice(0, 32)}`;
}

/** Where the log of a run is. The day is that of its nominal time, which every process can tell from the run alone. */
export function logPrefix(run: { project: string; runId: string; scheduledAt: string }): string {
  const day = new Date(run.scheduledAt).toISOString().slice(0, 10);
  return `logs/${day}/${run.project}/${runName(run.runId)}/`;
}

/**
 * A piece of a log. The attempt is part of the name, so that one taken for lost that still writes overwrites nothing.
 * @param number from 1
 */
export function logKey(prefix: string, number: number, attempt: number): string {
  return `${prefix}${String(number).padStart(6, '0')}-${attempt}.ndjson`;
}

/** Of the log piece with this key: its number. */
export function logNumber(key: string): number {
  return Number.parseInt(key.slice(key.lastIndexOf('/') + 1), 10);
}

export function resultKey({ project, runId }: { project: string; runId: string }): string {
  return `results/${project}/${runName(runId)}.json`;
}

export function filesPrefix({ project, runId }: { project: string; runId: string }): string {
  return `files/${project}/${runName(runId)}/`;
}
