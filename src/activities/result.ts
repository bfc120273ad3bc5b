/** Largest result kept with the run, as JSON bytes. */
export const maximumResultBytes = 16 * 1024;

/** The result as the ledger keeps it: JSON up to 16 KiB; of anything else, only what it was. */
export function keepResult(result: unknown): unknown {
  let text: string | undefined;
  try {
    text = JSON.stringify(result);
  } catch (error) {
    return { omitted: `not JSON: ${(error as Error).message}` };
  }
  if (text === undefined) return undefined;
  const bytes = Buffer.byteLength(text);
  return bytes <= maximumResultBytes
    ? JSON.parse(text)
    : { omitted: `${bytes} bytes, the limit is ${maximumResultBytes}` };
}
