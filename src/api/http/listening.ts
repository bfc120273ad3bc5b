import { BlockList, isIP } from 'node:net';
import { CarillonError, show } from '../../core/errors.js';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Networks that are not the public internet: this machine's, and the private ones. */
const near = new BlockList();
near.addSubnet('127.0.0.0', 8, 'ipv4');
near.addSubnet('10.0.0.0', 8, 'ipv4');
near.addSubnet('172.16.0.0', 12, 'ipv4');
near.addSubnet('192.168.0.0', 16, 'ipv4');
near.addSubnet('169.254.0.0', 16, 'ipv4');
near.addAddress('::1', 'ipv6');
near.addSubnet('fc00::', 7, 'ipv6');
near.addSubnet('fe80::', 10, 'ipv6');

/** How the API can be reached, as far as it decides whether it may. */
export interface Listening {
  host: string;
  /** Whether callers are asked who they are. */
  authenticated: boolean;
  /** Who encrypts: the API, or a proxy before it. Absent: nobody. */
  tls?: 'own' | 'proxy';
}

/**
 * Other machines reach the API only when it asks who they are, and when nobody on the way can read what they say.
 * @throws CarillonError CONFIG_INVALID
 */
export function assertMayListen({ host, authenticated, tls }: Listening): void {
  if (isLoopback(host)) return;
  if (!authenticated) {
    throw refused(
      host,
      'CARILLON_AUTH',
      'authentication is off',
      'Set CARILLON_AUTH=required to be reached from elsewhere.',
    );
  }
  if (tls) return;
  throw refused(
    host,
    'CARILLON_TLS_CERT',
    'keys and answers would cross the network unencrypted',
    'Set CARILLON_TLS_CERT and CARILLON_TLS_KEY, or CARILLON_TLS_BY_PROXY=1 when a proxy before it does TLS.',
  );
}

/** A name or an address that means this machine. */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  return family ? loopback.check(host, family === 4 ? 'ipv4' : 'ipv6') : host.toLowerCase() === 'localhost';
}

/**
 * Whether to believe `X-Forwarded-For`: what the proxy itself wrote, if it stands near. What is further to the left came
 * from whoever asks.
 * @param hop 0: the address the connection comes from
 */
export function trustsProxy(address: string, hop: number): boolean {
  const bare = address.replace(/^::ffff:(?=\d+\.)/i, '');
  const family = isIP(bare);
  return hop === 0 && family !== 0 && near.check(bare, family === 4 ? 'ipv4' : 'ipv6');
}

/**
 * While authentication is off, a page in a browser on this machine could have its own name mean this machine, and ask the
 * API whatever it likes: it gives itself away by the name it calls.
 * @throws CarillonError FORBIDDEN
 */
export function assertLocalRequest(headers: { host?: string; origin?: string }): void {
  const host = hostOf(`http://${headers.host ?? ''}`);
  if (host === undefined || !isLoopback(host)) throw foreign('Host', headers.host);
  if (headers.origin === undefined) return;
  const origin = hostOf(headers.origin);
  if (origin === undefined || !isLoopback(origin)) throw foreign('Origin', headers.origin);
}

function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[(.*)\]$/, '$1') : undefined;
}

function foreign(field: string, value: string | undefined): CarillonError {
  return new CarillonError('FORBIDDEN', `Expected \`${field}\` to be of this machine, got ${show(value)}.`, {
    field,
    value,
    hint: 'Authentication is off: call http://127.0.0.1 or http://localhost, or set CARILLON_AUTH=required.',
  });
}

function refused(host: string, field: string, why: string, hint: string): CarillonError {
  return new CarillonError(
    'CONFIG_INVALID',
    `Expected \`CARILLON_API_HOST\` to be a loopback address, got ${show(host)}: ${why}. See \`${field}\`.`,
    { field, hint },
  );
}
