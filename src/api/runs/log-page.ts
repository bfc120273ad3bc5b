import type { LogLine } from '../../core/run-log.js';
import type { LogLevel } from '../../core/task/context.js';
import type { ObjectStore } from '../../objects/object-store.js';
import { isGrave, type LogPosition, readPiece } from './log-text.js';

export interface LogPage {
  lines: LogLine[];
  /** Where the following page begins; as it was asked for when nothing followed. */
  position?: LogPosition;
  /** More is there already. */
  more: boolean;
}

/** Reads at most `limit` lines of the log below `prefix`, from `position` on. */
export async function readLogPage(
  objects: ObjectStore,
  prefix: string,
  { position, limit, level }: { position?: LogPosition; limit: number; level?: LogLevel },
): Promise<LogPage> {
  const lines: LogLine[] = [];
  let at = position;
  const take = async (piece: string, from: number): Promise<boolean> => {
    const all = await readPiece(objects, prefix + piece);
    for (let line = from; line < all.length; line++) {
      if (!isGrave(all[line] as LogLine, level)) continue;
      if (lines.length === limit) {
        at = { piece, lines: line };
        return false;
      }
      lines.push(all[line] as LogLine);
    }
    at = { piece };
    return true;
  };
  if (position?.lines !== undefined && !(await take(position.piece, position.lines)))
    return { lines, position: at, more: true };
  for (let after = position && prefix + position.piece; ; ) {
    const { objects: found, next } = await objects.list(prefix, { limit: 100, ...(after !== undefined && { after }) });
    for (const { key } of found) {
      if (!(await take(key.slice(prefix.length), 0))) return { lines, position: at, more: true };
    }
    if (next === undefined) return { lines, position: at, more: false };
    after = next;
  }
}
