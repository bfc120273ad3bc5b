import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';
import type { TaskFiles } from '../../../../src/core/task/services.js';

/** Files of a run in a folder that is gone when the test ends. */
export function useFolder(): { folder: string; files: () => TaskFiles } {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-files-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return { folder, files: () => folderFiles(folder) };
}

export function folderFiles(folder: string): TaskFiles {
  return {
    async put(name, body) {
      const path = join(folder, name);
      await mkdir(dirname(path), { recursive: true });
      const whole = typeof body === 'string' || body instanceof Uint8Array;
      await pipeline(whole ? Readable.from([body]) : Readable.from(body), createWriteStream(path));
      return pathToFileURL(path).href;
    },
    async get(name) {
      return createReadStream(join(folder, name));
    },
  };
}
