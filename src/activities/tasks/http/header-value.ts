/** What no header value may hold: CR and LF would begin another header. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
export const controls = /[\0-\x08\x0a-\x1f\x7f]/;

/** Without the white space around it, which HTTP does not count as part of a value. */
export function trimmed(text: string): string {
  return text.replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, '');
}

/** A value as `fetch` takes it: one character for each byte of its UTF-8. */
export function headerBytes(text: string): string {
  return Buffer.from(trimmed(text), 'utf8').toString('latin1');
}
