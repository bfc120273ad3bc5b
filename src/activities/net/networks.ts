import ipaddr from 'ipaddr.js';
import { CarillonError, show } from '../../core/errors.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = [Address, number];

/** IPv6 outside of this is special-purpose or not given out yet. */
const globalUnicast = ipaddr.parseCIDR('2000::/3');
/** Within it, and not in the ranges that ipaddr.js knows by name: documentation (RFC 9637). */
const documentation = ipaddr.parseCIDR('3fff::/20');
/** Translated to IPv4 by a NAT64 (RFC 6052): as good as the address inside. */
const nat64 = ipaddr.parseCIDR('64:ff9b::/96');

/**
 * Which addresses a task may connect to: those of the public internet, and those of the networks that are allowed.
 * Refused is every special-purpose range of IPv4 and IPv6: private, loopback, link-local, carrier-grade NAT, multicast,
 * documentation, 6to4, Teredo, reserved and the rest.
 * @param allow networks as CIDR, `10.0.0.0/8`; a single address counts as a network of one
 * @throws CarillonError CONFIG_INVALID
 */
export function networkFilter(allow: readonly string[] = []): (address: string) => boolean {
  const allowed = allow.map(readNetwork);
  return (given) => {
    const text = given.includes(':') ? given.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)(?=$|%)/, inHex) : given;
    if (!ipaddr.isValid(text)) return false;
    // `process` unwraps ::ffff:127.0.0.1: the system connects to the IPv4 address inside.
    const address = ipaddr.process(text);
    return isPublic(address) || allowed.some((network) => isIn(address, network));
  };
}

/** ipaddr.js takes ::1.2.3.4 for ::ffff:1.2.3.4; written in hex they are told apart. */
function inHex(_: string, ...octets: string[]): string {
  const [a = 0, b = 0, c = 0, d = 0] = octets.slice(0, 4).map(Number);
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

function isPublic(address: Address): boolean {
  if (address.kind() === 'ipv4') return address.range() === 'unicast';
  if (isIn(address, nat64)) return isPublic(new ipaddr.IPv4(address.toByteArray().slice(12)));
  return address.range() === 'unicast' && isIn(address, globalUnicast) && !isIn(address, documentation);
}

function isIn(address: Address, [base, bits]: Network): boolean {
  return address.kind() === base.kind() && (address as ipaddr.IPv6).match(base as ipaddr.IPv6, bits);
}

function readNetwork(text: string, index: number): Network {
  try {
    const cidr = text.trim();
    if (cidr.includes('/')) return ipaddr.parseCIDR(cidr);
    const address = ipaddr.parse(cidr);
    return [address, address.kind() === 'ipv4' ? 32 : 128];
  } catch {
    const field = `http.allow.${index}`;
    const message = `Expected \`${field}\` to be a network such as 10.0.0.0/8 or fd00::/8, got ${show(text)}.`;
    throw new CarillonError('CONFIG_INVALID', message, {
      field,
      value: text,
      hint: 'Correct the setting, or CARILLON_HTTP_ALLOW; see docs/http.md.',
    });
  }
}
