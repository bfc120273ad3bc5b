import { BlockList, isIP } from 'node:net';
import { CarillonError, show } from '../core/errors.js';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/**
 * The API knows no callers yet, so whoever reaches it may do everything: it listens where only this machine does.
 * @throws CarillonError CONFIG_INVALID
 */
export function assertLoopback(host: string): void {
  const family = isIP(host);
  if (family ? loopback.check(host, family === 4 ? 'ipv4' : 'ipv6') : host === 'localhost') return;
  throw new CarillonError(
    'CONFIG_INVALID',
    `Expected \`CARILLON_API_HOST\` to be a loopback address, got ${show(host)}.`,
    {
      field: 'CARILLON_API_HOST',
      value: host,
      hint: 'Authentication comes later; until then put a proxy in front, or set CARILLON_API_INSECURE_HOST=1 in a closed network.',
    },
  );
}
