import { isIPv6 } from 'node:net';

/**
 * The part of an address that stands for one subscriber: all of an IPv4 address, the first 64 bits of an IPv6 address,
 * of which anybody has as many as they like.
 */
export function addressGroup(address: string): string {
  if (!isIPv6(address)) return address;
  const [mapped] = /(?:\d+\.){3}\d+$/.exec(address) ?? [];
  if (mapped !== undefined) return mapped;
  const [head = '', tail] = (address.split('%')[0] as string).split('::');
  const [before, after] = [parts(head), parts(tail ?? '')];
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  const all = [...before, ...Array<string>(zeros).fill('0'), ...after];
  const network = all.slice(0, 4).map((part) => Number.parseInt(part, 16).toString(16));
  return `${network.join(':')}::/64`;
}

function parts(text: string): string[] {
  return text === '' ? [] : text.split(':');
}
