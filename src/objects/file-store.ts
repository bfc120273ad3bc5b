import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, rmdir, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';
import { CarillonError, show } from '../core/errors.js';
import { assertKey, compareKeys, fileName, segmentOf } from './key.js';
import type { ObjectBody, ObjectInfo, ObjectPage, ObjectStore } from './object-store.js';

/** Holds what is being written. No key's first part begins with a dot once it is a file name. */
const unfinished = '.unfinished';
/** A folder that a concurrent delete just emptied and removed is made again so often. */
const renameAttempts = 5;

/** Objects as files below a folder. A name is a file or a folder, not both. */
export class FileStore implements ObjectStore {
  constructor(private readonly root: string) {}

  async put(key: string, body: ObjectBody): Promise<void> {
    const path = this.#path(key);
    const draft = join(this.root, unfinished, randomUUID());
    await mkdir(dirname(draft), { recursive: true }).catch((error) => {
      throw this.#unusable(error);
    });
    try {
      if (typeof body === 'string' || body instanceof Uint8Array) await writeFile(draft, body);
      else await pipeline(Readable.from(body), createWriteStream(draft));
      await this.#publish(draft, path);
    } catch (error) {
      await rm(draft, { force: true }).catch(() => {});
      throw this.#failure(error, key);
    }
  }

  async get(key: string, from = 0): Promise<AsyncIterable<Uint8Array>> {
    const path = this.#path(key);
    try {
      // Opened here, so that an object that is not there is told at once.
      const file = await open(path, 'r');
      if ((await file.stat()).isFile()) return createReadStream('', { fd: file, start: from });
      await file.close();
    } catch (error) {
      if (!isAbsence(error)) throw this.#failure(error, key);
    }
    throw notFound(key);
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    try {
      const { size, mtimeMs, isFile } = await this.#stat(this.#path(key));
      return isFile ? { key, bytes: size, modifiedAt: mtimeMs } : undefined;
    } catch (error) {
      if (isAbsence(error)) return undefined;
      throw this.#failure(error, key);
    }
  }

  async list(
    prefix: string,
    { after = '', limit = 1000 }: { after?: string; limit?: number } = {},
  ): Promise<ObjectPage> {
    const objects: ObjectInfo[] = [];
    try {
      for await (const key of this.#walk(this.root, '', prefix, after)) {
        const info = await this.head(key);
        if (!info) continue;
        objects.push(info);
        if (objects.length > limit) break;
      }
    } catch (error) {
      throw this.#failure(error, prefix);
    }
    const page = objects.slice(0, limit);
    return { objects: page, ...(objects.length > limit && { next: page.at(-1)?.key }) };
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      const path = this.#path(key);
      try {
        await unlink(path);
        await this.#removeEmpty(dirname(path));
      } catch (error) {
        if (!isAbsence(error) && codeOf(error) !== 'EISDIR' && codeOf(error) !== 'EPERM')
          throw this.#failure(error, key);
      }
    }
  }

  location(key: string): string {
    return pathToFileURL(this.#path(key)).href;
  }

  close(): void {}

  #path(key: string): string {
    assertKey(key);
    return join(this.root, ...key.split('/').map(fileName));
  }

  async #stat(path: string): Promise<{ size: number; mtimeMs: number; isFile: boolean }> {
    const found = await stat(path);
    return { size: found.size, mtimeMs: found.mtimeMs, isFile: found.isFile() };
  }

  async #publish(draft: string, path: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      await mkdir(dirname(path), { recursive: true });
      try {
        return await rename(draft, path);
      } catch (error) {
        if (codeOf(error) !== 'ENOENT' || attempt === renameAttempts) throw error;
      }
    }
  }

  /** Keys in order, below a folder whose key is `base`. A folder's entries come in the order of the keys they hold. */
  async *#walk(folder: string, base: string, prefix: string, after: string): AsyncGenerator<string> {
    const entries = await readdir(folder, { withFileTypes: true }).catch((error) => {
      if (isAbsence(error)) return [];
      throw error;
    });
    const known = entries
      .filter(({ name }) => base !== '' || name !== unfinished)
      .map((entry) => ({ entry, key: `${base}${segmentOf(entry.name)}${entry.isDirectory() ? '/' : ''}` }))
      .sort((one, other) => compareKeys(one.key, other.key));
    for (const { entry, key } of known) {
      if (entry.isDirectory()) {
        const within = key.startsWith(prefix) || prefix.startsWith(key);
        const ahead = after.startsWith(key) || compareKeys(key, after) > 0;
        if (within && ahead) yield* this.#walk(join(folder, entry.name), key, prefix, after);
      } else if (key.startsWith(prefix) && compareKeys(key, after) > 0) {
        yield key;
      }
    }
  }

  async #removeEmpty(folder: string): Promise<void> {
    for (let path = folder; path.length > this.root.length; path = dirname(path)) {
      try {
        await rmdir(path);
      } catch {
        return;
      }
    }
  }

  #failure(error: unknown, key: string): CarillonError {
    if (error instanceof CarillonError) return error;
    const code = codeOf(error);
    if (code === 'ENOTDIR' || code === 'EISDIR' || code === 'EEXIST' || code === 'ENOTEMPTY') {
      const message = `Expected \`name\` of an object to be free, got ${show(key)}: a folder is there, or an object in its way.`;
      return new CarillonError('OBJECT_KEY_INVALID', message, { field: 'name', value: key }, { cause: error });
    }
    // What reading the body threw is the caller's own.
    if (code === undefined) throw error;
    return this.#unusable(error);
  }

  #unusable(error: unknown): CarillonError {
    return new CarillonError(
      'OBJECTS_UNAVAILABLE',
      `The folder of objects ${this.root} cannot be used: ${(error as Error).message}`,
      {
        field: 'objects.url',
        value: pathToFileURL(this.root).href,
        hint: 'Check that it is there, writable and not full.',
      },
      { cause: error },
    );
  }
}

export function notFound(key: string): CarillonError {
  return new CarillonError('OBJECT_NOT_FOUND', `There is no object ${show(key)}.`, { field: 'name', value: key });
}

function codeOf(error: unknown): string | undefined {
  const { code, syscall } = error as { code?: string; syscall?: string };
  return syscall === undefined ? undefined : code;
}

function isAbsence(error: unknown): boolean {
  return codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';
}
