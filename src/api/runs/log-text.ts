import { text } from 'node:stream/consumers';
import type { LogLine } from '../../core/run-log.js';
import { type LogLevel, logLevels } from '../../core/task/context.js';
import type { ObjectStore } from '../../objects/object-store.js';

/** How far a log was read: all of the pieces before this one, and so many lines of it; undefined: all of them. */
export interface LogPosition {
  piece: string;
  lines?: number;
}

/** The lines of one piece. Retention may have taken it since it was listed: it is empty then. */
export async function readPiece(objects: ObjectStore, key: string): Promise<LogLine[]> {
  try {
    const whole = await text(await objects.get(key));
    return whole
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as LogLine);
  } catch (error) {
    if ((error as { code?: string }).code === 'OBJECT_NOT_FOUND') return [];
    throw error;
  }
}

/** Whether a line is of this level or a graver one. */
export function isGrave(line: LogLine, least: LogLevel | undefined): boolean {
  return least === undefined || logLevels.indexOf(line.level) >= logLevels.indexOf(least);
}

/** `000001-1.ndjson:12`; what ends with the colon was read to its end. */
export function writePosition({ piece, lines }: LogPosition): string {
  return `${piece}:${lines ?? ''}`;
}

/** The inverse of {@link writePosition}; undefined for anything else. */
export function readPosition(text: string | undefined | null): LogPosition | undefined {
  const [, piece, lines] = /^(\d{6,}-\d+\.ndjson):(\d*)$/.exec(text ?? '') ?? [];
  if (piece === undefined) return undefined;
  return lines ? { piece, lines: Number(lines) } : { piece };
}
