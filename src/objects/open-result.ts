import { CarillonError, show } from '../core/errors.js';
import { resultKey } from './layout.js';
import type { ObjectStore } from './object-store.js';
import { openObjectStore } from './open.js';
import { objectAt } from './result-place.js';

export interface OpenResult {
  store: ObjectStore;
  key: string;
  /** Call it when the result was read. */
  close(): void;
}

/**
 * Where the result of a run is, by what the ledger says.
 * @param among the process's own store, and the places the configuration allows beside it
 * @throws CarillonError RESULT_NOT_FOUND when this process has no way to it
 */
export function openResult(
  location: string,
  run: { project: string; runId: string },
  among: { objects?: ObjectStore; allowed?: readonly string[] },
): OpenResult {
  const { objects, allowed } = among;
  const key = resultKey(run);
  if (objects?.location(key) === location) return { store: objects, key, close: () => {} };
  const found = objectAt(location, allowed);
  if (found) {
    const store = openObjectStore(found.address, 'resultLocation');
    return { store, key: found.key, close: () => store.close() };
  }
  throw new CarillonError(
    'RESULT_NOT_FOUND',
    `Expected the result at a place this process knows, got ${show(location)}.`,
    {
      field: 'resultLocation',
      value: location,
      hint: 'Give API and workers the same object store and `resultLocations`.',
    },
  );
}
