import { expect, test } from 'vitest';
import { networkFilter } from '../../../src/activities/net/networks.js';

/** First and last address of each range in IANA's special-purpose registries, and of those set aside otherwise. */
const special = [
  ['0.0.0.0', '0.255.255.255'],
  ['10.0.0.0', '10.255.255.255'],
  ['100.64.0.0', '100.127.255.255'],
  ['127.0.0.0', '127.255.255.255'],
  ['169.254.0.0', '169.254.255.255'],
  ['172.16.0.0', '172.31.255.255'],
  ['192.0.0.0', '192.0.0.255'],
  ['192.0.2.0', '192.0.2.255'],
  ['192.31.196.0', '192.31.196.255'],
  ['192.52.193.0', '192.52.193.255'],
  ['192.88.99.0', '192.88.99.255'],
  ['192.168.0.0', '192.168.255.255'],
  ['192.175.48.0', '192.175.48.255'],
  ['198.18.0.0', '198.19.255.255'],
  ['198.51.100.0', '198.51.100.255'],
  ['203.0.113.0', '203.0.113.255'],
  ['224.0.0.0', '239.255.255.255'],
  ['240.0.0.0', '255.255.255.255'],
  ['::', '::1'],
  ['::ffff:0:0', '::ffff:0:ff'],
  ['::ffff:10.0.0.1', '::ffff:192.168.1.1'],
  ['::ffff:0:8.8.8.8', '::8.8.8.8'],
  ['64:ff9b::10.0.0.1', '64:ff9b::169.254.169.254'],
  ['64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff'],
  ['100::', '100::ffff:ffff:ffff:ffff'],
  ['100:0:0:1::', '100:0:0:1:ffff:ffff:ffff:ffff'],
  ['2001::', '2001:0:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2001:2::', '2001:2:0:ffff:ffff:ffff:ffff:ffff'],
  ['2001:10::', '2001:1f:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2001:20::', '2001:2f:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2002::', '2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['3fff::', '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['5f00::', '5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['fe80::', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['fec0::', 'feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['ff00::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['4000::', 'e000::'],
].flat();

test('every special-purpose range is refused, from its first to its last address', () => {
  const isAllowed = networkFilter();
  expect(special.filter(isAllowed)).toEqual([]);
});

test('public addresses are not', () => {
  const isAllowed = networkFilter();
  const addresses = [
    '1.1.1.1',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
  ];
  const others = [
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '192.169.0.0',
    '223.255.255.255',
    '::ffff:8.8.8.8',
  ];
  const six = ['2606:4700:4700::1111', '2a00:1450:4001:830::200e', '64:ff9b::8.8.8.8', '2001:4860:4860::8888'];
  expect([...addresses, ...others, ...six].filter((address) => !isAllowed(address))).toEqual([]);
});

test('what is no address is refused', () => {
  const isAllowed = networkFilter(['0.0.0.0/0', '::/0']);
  expect(['', 'localhost', '127.0.0.1:80', '1.2.3.4.5', '::g', '127.0.0.1/8'].filter(isAllowed)).toEqual([]);
});

test('a network that is allowed lets its own addresses through, and no others', () => {
  const isAllowed = networkFilter(['10.1.0.0/16', ' fd00::/8', '192.168.7.7']);
  const tried = [
    '10.1.2.3',
    '::ffff:10.1.2.3',
    '10.2.0.1',
    'fd12::1',
    'fc00::1',
    '192.168.7.7',
    '192.168.7.8',
    '64:ff9b::10.1.2.3',
  ];
  expect(tried.filter(isAllowed)).toEqual(['10.1.2.3', '::ffff:10.1.2.3', 'fd12::1', '192.168.7.7']);
});

test.each(['localhost', '10.0.0.0/33', '10.0.0.0/', '', 'fd00::/129', '10.0.0.0-10.0.0.9'])(
  '%j is no network',
  (network) => {
    expect(() => networkFilter(['10.0.0.0/8', network])).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', details: expect.objectContaining({ field: 'http.allow.1' }) }),
    );
  },
);
