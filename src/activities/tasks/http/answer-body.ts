import { CarillonError } from '../../../core/errors.js';

/** What is kept of an answer's body where nothing is picked from it. */
export const keptBytes = 4096;

/** The first bytes of the body, as text; the rest is not read. */
export async function readStart(response: Response, bound = keptBytes): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk.subarray(0, bound - bytes));
    bytes += chunk.length;
    if (bytes >= bound) break;
  }
  // A character that was cut in two is left out.
  return new TextDecoder().decode(Buffer.concat(chunks), { stream: bytes > bound });
}

/**
 * Reads a body to its end, as it is after decompression.
 * @param kept how many bytes of it are returned
 * @throws CarillonError HTTP_TOO_LARGE once it is larger than `maxBytes`; no more is read then
 */
export async function readWhole(response: Response, maxBytes: number, kept: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  if (Number(response.headers.get('content-length')) > maxBytes && response.body) {
    await response.body.cancel();
    throw tooLarge(maxBytes);
  }
  for await (const chunk of response.body ?? []) {
    if (bytes < kept) chunks.push(chunk.subarray(0, kept - bytes));
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
  }
  return new TextDecoder().decode(Buffer.concat(chunks), { stream: bytes > kept });
}

function tooLarge(maxBytes: number): CarillonError {
  return new CarillonError('HTTP_TOO_LARGE', `Expected an answer of at most ${maxBytes} bytes, got a larger one.`, {
    field: 'input.maxBytes',
    value: maxBytes,
    hint: 'Ask for less, or raise `maxBytes`, up to 64 MiB.',
  });
}
