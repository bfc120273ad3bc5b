import { createReadStream, createWriteStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';
import { CarillonError, show } from '../../core/errors.js';

interface ZipEntry {
  name: string;
  method: number;
  compressed: number;
  size: number;
  offset: number;
}

const endRecord = { signature: 0x06054b50, bytes: 22, longestComment: 0xffff };
const centralEntry = { signature: 0x02014b50, bytes: 46 };
const localEntry = { bytes: 30 };

/**
 * Writes the first file of a zip archive whose name matches to `target`. Knows what wheels use: stored and deflated
 * entries below 4 GB. Trusts the archive: check its digest first.
 */
export async function extractOne(archive: string, matches: (name: string) => boolean, target: string): Promise<void> {
  const handle = await open(archive);
  try {
    const entry = (await readEntries(handle)).find(({ name }) => matches(name));
    if (!entry || (entry.method !== 0 && entry.method !== 8)) {
      throw unreadable(archive, entry ? `compression ${entry.method}` : 'no such file in it');
    }
    const header = await read(handle, entry.offset, localEntry.bytes);
    const start = entry.offset + localEntry.bytes + header.readUInt16LE(26) + header.readUInt16LE(28);
    const source = createReadStream(archive, { start, end: start + entry.compressed - 1 });
    const sink = createWriteStream(target, { flags: 'wx', mode: 0o755 });
    await (entry.method === 0 ? pipeline(source, sink) : pipeline(source, createInflateRaw(), sink));
    if (sink.bytesWritten !== entry.size) throw unreadable(archive, `${sink.bytesWritten} of ${entry.size} bytes`);
  } finally {
    await handle.close();
  }
}

async function readEntries(handle: FileHandle): Promise<ZipEntry[]> {
  const { size } = await handle.stat();
  const tailBytes = Math.min(size, endRecord.bytes + endRecord.longestComment);
  const tail = await read(handle, size - tailBytes, tailBytes);
  let at = tail.length - endRecord.bytes;
  while (at >= 0 && tail.readUInt32LE(at) !== endRecord.signature) at -= 1;
  if (at < 0) throw unreadable('the archive', 'no zip directory');
  const directory = await read(handle, tail.readUInt32LE(at + 16), tail.readUInt32LE(at + 12));
  const entries: ZipEntry[] = [];
  for (let place = 0; place + centralEntry.bytes <= directory.length; ) {
    if (directory.readUInt32LE(place) !== centralEntry.signature)
      throw unreadable('the archive', 'a damaged directory');
    const nameBytes = directory.readUInt16LE(place + 28);
    entries.push({
      name: directory.toString('utf8', place + centralEntry.bytes, place + centralEntry.bytes + nameBytes),
      method: directory.readUInt16LE(place + 10),
      compressed: directory.readUInt32LE(place + 20),
      size: directory.readUInt32LE(place + 24),
      offset: directory.readUInt32LE(place + 42),
    });
    place += centralEntry.bytes + nameBytes + directory.readUInt16LE(place + 30) + directory.readUInt16LE(place + 32);
  }
  return entries;
}

async function read(handle: FileHandle, position: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  const { bytesRead } = await handle.read(buffer, 0, bytes, position);
  if (bytesRead !== bytes) throw unreadable('the archive', `an end after ${bytesRead} of ${bytes} bytes`);
  return buffer;
}

function unreadable(archive: string, got: string): CarillonError {
  return new CarillonError(
    'CONFIG_INVALID',
    `Expected ${show(archive)} to be a zip archive with the wanted file, got ${got}.`,
    {
      value: archive,
      hint: 'Remove the file and start again; it is fetched anew.',
    },
  );
}
