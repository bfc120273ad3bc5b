import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** What a cached executable is known by. */
export interface CacheRecord {
  /** File name in the cache folder; it carries the digest, so a record never points at a half-written file. */
  file: string;
  sha256: string;
  server: string;
  source: string;
}

export async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

const recordName = 'temporal.json';

/** The cached Temporal CLI, if it is still the file that was put there; otherwise why not. */
export async function readCache(folder: string): Promise<{ path: string; record: CacheRecord } | { why: string }> {
  let record: CacheRecord;
  try {
    record = JSON.parse(await readFile(join(folder, recordName), 'utf8')) as CacheRecord;
  } catch {
    return { why: 'nothing there yet' };
  }
  const path = join(folder, record.file);
  const digest = await sha256(path).catch(() => undefined);
  if (digest === undefined) return { why: `${path} is missing` };
  return digest === record.sha256 ? { path, record } : { why: `${path} was changed since it was put there; not used` };
}

/**
 * Moves an executable into the cache. Two processes may do so at once: each writes files of its own name, and the
 * record is replaced in one step.
 * @param download a file on the same file system as `folder`
 */
export async function putCache(
  folder: string,
  download: string,
  about: Pick<CacheRecord, 'server' | 'source'>,
): Promise<string> {
  await mkdir(folder, { recursive: true });
  await chmod(download, 0o755);
  const digest = await sha256(download);
  const record: CacheRecord = { file: `temporal-${digest.slice(0, 16)}`, sha256: digest, ...about };
  await rename(download, join(folder, record.file));
  const draft = join(folder, `${recordName}.${process.pid}`);
  await writeFile(draft, `${JSON.stringify(record, null, 2)}\n`);
  await rename(draft, join(folder, recordName));
  return join(folder, record.file);
}
