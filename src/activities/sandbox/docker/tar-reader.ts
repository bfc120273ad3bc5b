import type { SandboxFile } from '../sandbox.js';

const block = 512;
/** Longest extended header that is read: it holds paths. */
const longestHeader = 1024 * 1024;

/**
 * Regular files of an archive, as it streams in: ustar, with the extended headers of POSIX and GNU for long paths and
 * large sizes. What is not taken of a body is skipped when the next file is asked for.
 * @throws Error when the archive ends early or does not read
 */
export async function* readTar(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<SandboxFile> {
  const source = new Source(chunks);
  let extended: { path?: string; size?: number } = {};
  try {
    for (;;) {
      const head = Buffer.from(await source.exactly(block));
      if (head.every((byte) => byte === 0)) return;
      const kind = String.fromCharCode(head[156] ?? 0);
      const size = extended.size ?? numberAt(head, 124, 12);
      const padding = (block - (size % block)) % block;
      if (kind === 'x' || kind === 'L') {
        if (size > longestHeader) throw new Error(`Expected an archive with short headers, got one of ${size} bytes.`);
        const body = Buffer.from(await source.exactly(size));
        extended = { ...extended, ...(kind === 'x' ? readRecords(body) : { path: textAt(body, 0, size) }) };
        await source.skip(padding);
        continue;
      }
      const path = extended.path ?? [textAt(head, 345, 155), textAt(head, 0, 100)].filter(Boolean).join('/');
      extended = {};
      let left = size;
      if (kind === '0' || kind === '\0') {
        const body = async function* () {
          while (left > 0) {
            const chunk = await source.some(left);
            left -= chunk.length;
            yield chunk;
          }
        };
        yield { path, body };
      }
      await source.skip(left + padding);
    }
  } finally {
    await source.close();
  }
}

class Source {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** At least one byte, at most so many. */
  async some(most: number): Promise<Uint8Array> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#chunks.next();
      if (done) throw new Error('Expected a whole archive, got its beginning.');
      this.#rest = value;
    }
    const taken = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(taken.length);
    return taken;
  }

  async exactly(bytes: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (let left = bytes; left > 0; left -= parts.at(-1)?.length ?? 0) parts.push(await this.some(left));
    return Buffer.concat(parts);
  }

  async skip(bytes: number): Promise<void> {
    for (let left = bytes; left > 0; ) left -= (await this.some(left)).length;
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}

function readRecords(body: Buffer): { path?: string; size?: number } {
  const found: { path?: string; size?: number } = {};
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(0x20, at);
    const length = Number(body.toString('latin1', at, space));
    if (space === -1 || !Number.isInteger(length) || length <= 0)
      throw new Error('Expected records, got something else.');
    const text = body.toString('utf8', space + 1, at + length - 1);
    if (text.startsWith('path=')) found.path = text.slice('path='.length);
    if (text.startsWith('size=')) found.size = Number(text.slice('size='.length));
    at += length;
  }
  return found;
}

function textAt(head: Buffer, at: number, length: number): string {
  const text = head.toString('utf8', at, at + length);
  const end = text.indexOf('\0');
  return end === -1 ? text : text.slice(0, end);
}

/** Octal digits, or, with the first bit set, the number itself. */
function numberAt(head: Buffer, at: number, length: number): number {
  if (((head[at] ?? 0) & 0x80) !== 0) return Number(head.readBigUInt64BE(at + length - 8));
  return Number.parseInt(textAt(head, at, length).trim() || '0', 8);
}
