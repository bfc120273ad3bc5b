import { describe, expect, it } from 'vitest';
import { assertLocalRequest, assertMayListen, isLoopback, trustsProxy } from '../../../../src/api/http/listening.js';

const refusal = (field: string) =>
  expect.objectContaining({ code: 'CONFIG_INVALID', details: expect.objectContaining({ field }) });

describe('where the API may listen', () => {
  it.each(['127.0.0.1', '127.8.9.10', '::1', 'localhost'])('on %s always', (host) => {
    for (const authenticated of [true, false]) expect(() => assertMayListen({ host, authenticated })).not.toThrow();
  });

  const elsewhere = ['0.0.0.0', '::', '10.0.0.1', '128.0.0.1', '::2', 'example.org', 'localhost.example.org', ''];
  it.each(elsewhere)('on %j only with authentication and TLS', (host) => {
    expect(() => assertMayListen({ host, authenticated: false })).toThrow(refusal('CARILLON_AUTH'));
    expect(() => assertMayListen({ host, authenticated: false, tls: 'own' })).toThrow(refusal('CARILLON_AUTH'));
    expect(() => assertMayListen({ host, authenticated: false, tls: 'proxy' })).toThrow(refusal('CARILLON_AUTH'));
    expect(() => assertMayListen({ host, authenticated: true })).toThrow(refusal('CARILLON_TLS_CERT'));
    expect(() => assertMayListen({ host, authenticated: true, tls: 'own' })).not.toThrow();
    expect(() => assertMayListen({ host, authenticated: true, tls: 'proxy' })).not.toThrow();
  });
});

it.each([
  ['127.0.0.1', 0, true],
  ['10.1.2.3', 0, true],
  ['172.16.0.1', 0, true],
  ['172.32.0.1', 0, false],
  ['192.168.1.1', 0, true],
  ['::ffff:10.1.2.3', 0, true],
  ['::ffff:8.8.8.8', 0, false],
  ['fd00::1', 0, true],
  ['2001:db8::1', 0, false],
  ['8.8.8.8', 0, false],
  // Written by whoever asks.
  ['10.1.2.3', 1, false],
  ['127.0.0.1', 2, false],
  ['proxy', 0, false],
])('of %s, hop %i, X-Forwarded-For is believed: %s', (address, hop, believed) => {
  expect(trustsProxy(address, hop)).toBe(believed);
});

describe('without authentication', () => {
  it.each([
    [{ host: '127.0.0.1:7070' }],
    [{ host: 'localhost' }],
    [{ host: 'LOCALHOST:7070' }],
    [{ host: '[::1]:7070' }],
    [{ host: 'localhost:7070', origin: 'http://localhost:3000' }],
    [{ host: 'localhost:7070', origin: 'https://127.0.0.1' }],
  ])('a request with %j is answered', (headers) => {
    expect(() => assertLocalRequest(headers)).not.toThrow();
  });

  it.each([
    [{}, 'Host'],
    [{ host: '' }, 'Host'],
    [{ host: 'evil.example:7070' }, 'Host'],
    [{ host: 'localhost.evil.example' }, 'Host'],
    [{ host: '127.0.0.1.evil.example' }, 'Host'],
    [{ host: 'localhost@evil.example' }, 'Host'],
    [{ host: '10.0.0.1' }, 'Host'],
    [{ host: 'localhost', origin: 'https://evil.example' }, 'Origin'],
    [{ host: 'localhost', origin: 'null' }, 'Origin'],
    [{ host: 'localhost', origin: '' }, 'Origin'],
  ])('a request with %j is refused for its %s', (headers, field) => {
    expect(() => assertLocalRequest(headers)).toThrow(
      expect.objectContaining({ code: 'FORBIDDEN', details: expect.objectContaining({ field }) }),
    );
  });
});

it.each([
  ['LocalHost', true],
  ['localhost.', false],
  ['127.1', false],
])('%s means this machine: %s', (host, is) => {
  expect(isLoopback(host)).toBe(is);
});
