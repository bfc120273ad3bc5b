import { logNumber } from '../../objects/layout.js';
import type { ObjectStore } from '../../objects/object-store.js';

/** What of a run's log is in the store. */
export interface Kept {
  lines: number;
  bytes: number;
  /** Number of the last piece. */
  chunks: number;
}

const lineBreak = 0x0a;

/** What earlier attempts of a run left. Reads it all, at most what a log may hold: retries are rare. */
export async function keptBefore(objects: ObjectStore, prefix: string): Promise<Kept> {
  const kept: Kept = { lines: 0, bytes: 0, chunks: 0 };
  for (let after: string | undefined; ; ) {
    const page = await objects.list(prefix, after === undefined ? {} : { after });
    for (const { key, bytes } of page.objects) {
      kept.bytes += bytes;
      kept.chunks = Math.max(kept.chunks, logNumber(key));
      for await (const piece of await objects.get(key)) {
        for (const byte of piece) if (byte === lineBreak) kept.lines += 1;
      }
    }
    if (page.next === undefined) return kept;
    after = page.next;
  }
}
