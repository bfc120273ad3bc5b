import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { SandboxFile } from '../sandbox.js';

const chunkBytes = 64 * 1024;
/** Never follows a link, and never waits for the other end of a pipe. */
const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Writes text files, and the folders they need. @returns every path that was made, folders first */
export async function writeFiles(folder: string, files: Record<string, string>): Promise<string[]> {
  const made = new Set<string>();
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    for (let above = dirname(file); above.length > folder.length; above = dirname(above)) made.add(above);
    await writeFile(file, text, { mode: 0o755 });
    made.add(file);
  }
  return [...made];
}

/** Regular files below a folder, by path. @param uid leaves out what others own: a link may lead to anything */
export async function* readFiles(folder: string, uid: number | undefined, below = ''): AsyncGenerator<SandboxFile> {
  const entries = await readdir(join(folder, below), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = below ? `${below}/${entry.name}` : entry.name;
    if (entry.isDirectory()) yield* readFiles(folder, uid, path);
    else if (entry.isFile()) yield { path, body: () => readBody(join(folder, path), uid) };
  }
}

/** The start of a file that a step may have written to; nothing when it is no longer a regular file. */
export async function readStart(path: string, uid: number | undefined, bytes: number): Promise<string> {
  const handle = await openOwn(path, uid);
  if (!handle) return '';
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function* readBody(path: string, uid: number | undefined): AsyncGenerator<Uint8Array> {
  const handle = await openOwn(path, uid);
  if (!handle) throw new Error(`${path} is not a file of the step's own.`);
  try {
    for (;;) {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(chunkBytes), 0, chunkBytes);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

async function openOwn(path: string, uid: number | undefined): Promise<FileHandle | undefined> {
  const handle = await open(path, readFlags).catch(() => undefined);
  if (!handle) return undefined;
  const stat = await handle.stat();
  if (stat.isFile() && (uid === undefined || stat.uid === uid)) return handle;
  await handle.close();
  return undefined;
}
