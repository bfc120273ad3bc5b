import { setTimeout as wait } from 'node:timers/promises';
import { resultKey, runName } from '../objects/layout.js';
import type { ObjectStore } from '../objects/object-store.js';
import { openObjectStore } from '../objects/open.js';
import { allowedPlace, forbiddenPlace } from '../objects/result-place.js';
import type { Mask } from './secrets/mask.js';
import type { Services } from './services/services.js';

/** Largest result kept with the run, as JSON bytes. */
export const maximumResultBytes = 16 * 1024;

/** What the ledger keeps of a result. */
export interface KeptResult {
  result?: unknown;
  /** Where all of it is. */
  resultLocation?: string;
}

export interface ResultKeeping {
  run: { project: string; runId: string };
  /** The job's `resultLocation`. */
  place?: string;
  mask: Mask;
  /** How long the run's end waits for the store, in milliseconds. */
  patienceMs: number;
  onTrouble: (message: string) => void;
}

/**
 * Keeps a result: with the run up to 16 KiB of JSON, a larger one in the object store, and any one where the job wants
 * it. Never throws: what cannot be kept is told in place of the result.
 */
export async function keepResult(
  result: unknown,
  services: Pick<Services, 'objects' | 'settings'>,
  keeping: ResultKeeping,
): Promise<KeptResult> {
  let text: string | undefined;
  try {
    text = JSON.stringify(result);
    if (text !== undefined) text = JSON.stringify(keeping.mask.deep(JSON.parse(text)));
  } catch (error) {
    return { result: { omitted: `not JSON: ${(error as Error).message}` } };
  }
  if (text === undefined) return {};
  const bytes = Buffer.byteLength(text);
  const small = bytes <= maximumResultBytes;
  const omitted = (why: string) => ({ result: small ? JSON.parse(text) : { omitted: `${bytes} bytes, ${why}` } });
  if (small && keeping.place === undefined) return omitted('');
  try {
    const target = targetOf(services, keeping);
    if (!target) return omitted(`the limit is ${maximumResultBytes}`);
    const fault = await write(target, text, keeping);
    if (fault) return omitted(fault.message);
    return { ...(small && omitted('')), resultLocation: target.store.location(target.key) };
  } catch (error) {
    return omitted((error as Error).message);
  }
}

interface Target {
  store: ObjectStore;
  key: string;
  close(): void;
}

/** Waits no longer than it may: what is under way then is taken for written, and told of when it fails. */
async function write({ store, key, close }: Target, text: string, keeping: ResultKeeping): Promise<Error | undefined> {
  const { run, patienceMs, onTrouble } = keeping;
  const written = store
    .put(key, text, { contentType: 'application/json' })
    .then(
      () => undefined,
      (error: Error) => {
        onTrouble(`The result of ${run.runId} cannot be written: ${error.message}`);
        return error;
      },
    )
    .finally(close);
  const patience = new AbortController();
  const late = wait(patienceMs, undefined, { signal: patience.signal }).catch(() => undefined);
  return Promise.race([written, late]).finally(() => patience.abort());
}

function targetOf(
  { objects, settings }: Pick<Services, 'objects' | 'settings'>,
  { run, place }: ResultKeeping,
): Target | undefined {
  if (place === undefined) return objects && { store: objects, key: resultKey(run), close: () => {} };
  const allowed = allowedPlace(place, settings.objects?.resultLocations);
  if (!allowed) throw forbiddenPlace(place);
  const store = openObjectStore(allowed, 'resultLocation');
  return { store, key: `${runName(run.runId)}.json`, close: () => store.close() };
}
