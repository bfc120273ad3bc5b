import { copyFileSync, mkdirSync, openSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';

const largestBytes = 10 * 1024 * 1024;

/** One log file for each part. Processes append to it themselves; a file that grew large is moved to `.1` in place. */
export class PartLogs {
  constructor(private readonly folder: string) {
    mkdirSync(folder, { recursive: true });
  }

  file(part: string): string {
    return join(this.folder, `${part}.log`);
  }

  /** A descriptor to append with; the caller closes it. */
  open(part: string): number {
    return openSync(this.file(part), 'a');
  }

  /** The last lines a part wrote. */
  tail(part: string, lines = 12): string {
    try {
      return readFileSync(this.file(part), 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
    } catch {
      return '';
    }
  }

  /** Empties files above 10 MB after copying them. Writers append, so they go on at the new end. */
  trim(parts: readonly string[]): void {
    for (const part of parts) {
      const file = this.file(part);
      const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
      if (bytes <= largestBytes) continue;
      copyFileSync(file, `${file}.1`);
      truncateSync(file, 0);
    }
  }
}
