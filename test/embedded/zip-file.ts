import { writeFileSync } from 'node:fs';
import { crc32, deflateRawSync } from 'node:zlib';

/** Writes a zip archive with these files, deflated, as wheels are. */
export function writeZip(path: string, files: Record<string, string>): void {
  const locals: Buffer[] = [];
  const entries: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const data = deflateRawSync(text);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    writeSizes(local, 8, name, text, data);
    locals.push(local, Buffer.from(name), data);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    writeSizes(entry, 10, name, text, data);
    entry.writeUInt32LE(offset, 42);
    entries.push(entry, Buffer.from(name));
    offset += local.length + name.length + data.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  writeFileSync(path, Buffer.concat([...locals, directory, end]));
}

/** The run of fields that a local header and a directory entry share, from the method of compression on. */
function writeSizes(target: Buffer, at: number, name: string, text: string, data: Buffer): void {
  target.writeUInt16LE(8, at);
  target.writeUInt32LE(crc32(text), at + 6);
  target.writeUInt32LE(data.length, at + 10);
  target.writeUInt32LE(Buffer.byteLength(text), at + 14);
  target.writeUInt16LE(name.length, at + 18);
}
