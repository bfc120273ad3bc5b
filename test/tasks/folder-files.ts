import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Services } from '../../src/activities/services/services.js';

/** Runs' files in a folder of the test's own, which removes it. */
export async function folderFiles(): Promise<{ folder: string; services: Pick<Services, 'files'> }> {
  const folder = await mkdtemp(join(tmpdir(), 'carillon-files-'));
  return { folder, services: { files: filesIn(folder) } };
}

export function filesIn(folder: string): Services['files'] {
  return ({ project, runId }) => {
    const path = (name: string) => join(folder, project, encodeURIComponent(runId), name);
    return {
      async put(name, body) {
        await mkdir(dirname(path(name)), { recursive: true });
        await writeFile(path(name), body);
        return pathToFileURL(path(name)).href;
      },
      get: async (name) => createReadStream(path(name)),
    };
  };
}
