import { text } from 'node:stream/consumers';
import type { LastSuccess } from '../core/task/context.js';
import { openResult } from '../objects/open-result.js';
import type { RunReader } from '../store/store.js';
import type { Services } from './services/services.js';

/** The job's last run that succeeded, its result fetched from where it is kept. */
export async function lastSuccess(
  runs: Pick<RunReader, 'lastSuccess'>,
  { objects, settings }: Pick<Services, 'objects' | 'settings'>,
  project: string,
  jobId: string,
): Promise<LastSuccess | undefined> {
  const found = await runs.lastSuccess(project, jobId);
  if (!found) return undefined;
  const { resultLocation, ...last } = found;
  if (last.result !== undefined || resultLocation === undefined) return last;
  const place = openResult(
    resultLocation,
    { project, runId: last.runId },
    { objects, allowed: settings.objects?.resultLocations },
  );
  try {
    return { ...last, result: JSON.parse(await text(await place.store.get(place.key))) };
  } finally {
    place.close();
  }
}
