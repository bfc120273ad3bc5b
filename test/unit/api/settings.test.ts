import { describe, expect, it } from 'vitest';
import { assertLoopback } from '../../../src/api/loopback.js';
import { readSettings } from '../../../src/api/settings.js';

describe('assertLoopback', () => {
  it.each(['127.0.0.1', '127.8.9.10', '::1', 'localhost'])('lets the API listen on %s', (host) => {
    expect(() => assertLoopback(host)).not.toThrow();
  });

  it.each(['0.0.0.0', '::', '10.0.0.1', '128.0.0.1', '::2', 'example.org', 'localhost.example.org', ''])(
    'refuses %j',
    (host) => {
      expect(() => assertLoopback(host)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    },
  );
});

describe('readSettings', () => {
  it('has a default for everything but the database', () => {
    expect(readSettings({ CARILLON_DATABASE_URL: 'postgresql://x/y' })).toEqual({
      databaseUrl: 'postgresql://x/y',
      temporalAddress: '127.0.0.1:7233',
      namespace: 'default',
      taskQueue: 'carillon',
      host: '127.0.0.1',
      port: 7070,
      insecureHost: false,
      tasks: undefined,
      temporalUi: undefined,
      sealPayloads: false,
    });
    expect(() => readSettings({})).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  it.each(['seven', '70000', '-1', '1.5'])('refuses the port %j', (port) => {
    const env = { CARILLON_DATABASE_URL: 'postgresql://x/y', CARILLON_API_PORT: port };
    expect(() => readSettings(env)).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ value: port }) }),
    );
  });
});
