import { CarillonError, show } from '../../core/errors.js';
import { openResult } from '../../objects/open-result.js';
import type { RunRow } from '../../store/store.js';
import type { InnerContext } from '../context.js';
import { noSuchRun } from './locate.js';

/** Of the JSON text, in one answer. */
const partBytes = 256 * 1024;

export interface ResultPart {
  text: string;
  bytes: number;
  nextOffset: number | null;
}

/** A part of a run's result, wherever it is kept. @throws CarillonError RUN_NOT_FOUND, RESULT_NOT_FOUND */
export async function resultPart(
  context: InnerContext,
  project: string,
  runId: string,
  offset: number,
): Promise<ResultPart> {
  const row = await context.store.runs.get(project, runId);
  if (!row) throw noSuchRun(project, runId);
  if (row.result !== undefined) {
    const bytes = Buffer.from(JSON.stringify(row.result));
    return part(bytes.subarray(offset), offset, bytes.length);
  }
  if (row.resultLocation === undefined) throw noResult(row);
  const { objects, resultLocations } = context;
  const place = openResult(row.resultLocation, { project, runId }, { objects, allowed: resultLocations });
  try {
    const info = await place.store.head(place.key);
    if (!info) throw noResult(row);
    const read: Uint8Array[] = [];
    let size = 0;
    for await (const piece of await place.store.get(place.key, offset)) {
      read.push(piece);
      size += piece.length;
      // One character more tells where the last one of the part ends.
      if (size >= partBytes + 4) break;
    }
    return part(Buffer.concat(read), offset, info.bytes);
  } finally {
    place.close();
  }
}

/** As much of the bytes as one answer takes, ending with a whole character. */
function part(bytes: Buffer, offset: number, all: number): ResultPart {
  let end = Math.min(bytes.length, partBytes);
  while (end < bytes.length && ((bytes[end] as number) & 0xc0) === 0x80) end -= 1;
  const next = offset + end;
  return { text: bytes.toString('utf8', 0, end), bytes: all, nextOffset: end > 0 && next < all ? next : null };
}

function noResult({ runId, state }: RunRow): CarillonError {
  return new CarillonError('RESULT_NOT_FOUND', `The run ${show(runId)}, which is ${state}, has no result.`, {
    field: 'runId',
    value: runId,
  });
}
