import { type CarillonClient, toCarillonError } from '../../api/client/client.js';
import type { ValidationView } from '../../api/views.js';
import { errorCodes } from '../../core/errors.js';
import { inParallel } from '../in-parallel.js';
import { patiently } from '../patience.js';
import { type FileFault, faultsAt } from './fault.js';
import type { JobDocument } from './job-file.js';

/** Requests under way at once. */
export const requestWidth = 8;

type EnsureInput = Parameters<CarillonClient['jobs']['ensure']['mutate']>[0];

/** What the API is asked about a document. */
export function requestOf({ id, project, definition }: JobDocument): EnsureInput {
  return { ...definition, id, project };
}

/**
 * Asks the API about every document; nothing is changed by it.
 * @returns a view for each document without fault, at its index; and all faults, by their places
 * @throws CarillonError when the API, or what is behind it, does not answer
 */
export async function checkWithServer(
  client: CarillonClient,
  documents: JobDocument[],
): Promise<{ views: ValidationView[]; faults: FileFault[] }> {
  const faults: FileFault[] = [];
  const views: ValidationView[] = [];
  await inParallel(documents, requestWidth, async (document, index) => {
    try {
      views[index] = await patiently(() => client.jobs.validate.mutate(requestOf(document)));
    } catch (error) {
      const fault = toCarillonError(error);
      if (errorCodes[fault.code].status >= 500) throw fault;
      faults.push(...faultsAt(document, fault));
    }
  });
  return { views, faults: faults.sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1)) };
}
