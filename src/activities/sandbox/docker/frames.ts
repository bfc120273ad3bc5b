import type { OutputStream } from '../sandbox.js';

const headBytes = 8;
const streams: Record<number, OutputStream> = { 1: 'stdout', 2: 'stderr' };

/**
 * Takes apart what an engine sends of a container without a terminal: frames of one byte for the stream, three zeros,
 * the length in four bytes, and so many bytes. Hands a frame on in the pieces it came in, so that its length is not held.
 */
export async function* readFrames(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ stream: OutputStream; chunk: Uint8Array }> {
  let head = Buffer.alloc(0);
  let left = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      if (left === 0) {
        const part = chunk.subarray(at, at + headBytes - head.length);
        head = Buffer.concat([head, part]);
        at += part.length;
        if (head.length < headBytes) break;
        left = head.readUInt32BE(4);
      }
      const body = chunk.subarray(at, at + left);
      const stream = streams[head[0] ?? -1];
      if (!stream) throw new Error(`Expected frames of stdout and stderr, got one of stream ${head[0]}.`);
      if (body.length > 0) yield { stream, chunk: body };
      at += body.length;
      left -= body.length;
      if (left === 0) head = Buffer.alloc(0);
    }
  }
}
