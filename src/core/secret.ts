/** Names of secrets: what `secret://` can be followed by. */
export const secretNamePattern = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?$/;
/** Secrets shorter than this would take half of every text with them when they are masked. In characters. */
export const shortestSecret = 4;
/** In bytes. */
export const longestSecret = 64 * 1024;

/** What keeps a text from being a secret, as `Expected … to be …` goes on; undefined when nothing does. */
export function secretFault(value: string): string | undefined {
  if (value.trim().length < shortestSecret) {
    return `of at least ${shortestSecret} characters: a shorter one cannot be hidden in logs`;
  }
  return Buffer.byteLength(value) > longestSecret ? `of at most ${longestSecret} bytes` : undefined;
}

/** What a sealed secret is bound to: it opens in no other place. */
export function secretContext({ project, name, version }: { project: string; name: string; version: number }): string {
  return `${project}/${name}/${version}`;
}
