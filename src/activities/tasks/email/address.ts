import { domainToASCII } from 'node:url';

/** A mailbox, with the domain in ASCII. */
export interface Mailbox {
  address: string;
  name?: string;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controls = /[\0-\x1f\x7f\x85\u2028\u2029]/;
const local = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Reads `a@example.org` or `Name <a@example.org>`; undefined when it is neither. */
export function readMailbox(text: string, name?: string): Mailbox | undefined {
  if (controls.test(text) || (name !== undefined && controls.test(name))) return undefined;
  const named = /^\s*(?:"([^"\\]*)"|([^"<>@,;]*?))\s*<([^<>\s]+)>\s*$/.exec(text);
  const address = readAddress(named?.[3] ?? text);
  const called = name ?? named?.[1] ?? named?.[2];
  return address === undefined ? undefined : { address, ...(called && { name: called }) };
}

/** RFC 5321 without quoted local parts, address literals and local parts beyond ASCII, which few servers take. */
function readAddress(text: string): string | undefined {
  const at = text.lastIndexOf('@');
  const [before, after] = [text.slice(0, at), text.slice(at + 1)];
  if (at < 1 || before.length > 64 || !local.test(before)) return undefined;
  // `domainToASCII` would also take what a URL may have there.
  const domain = /[\s/:?#@%[\]\\]/.test(after) ? '' : domainToASCII(after);
  const good = domain.length <= 253 && domain.split('.').every((part) => label.test(part));
  return good && before.length + domain.length < 254 ? `${before}@${domain}` : undefined;
}

/** Equal for spellings of what is one mailbox nearly everywhere. */
export function mailboxKey({ address }: Mailbox): string {
  return address.toLowerCase();
}
