import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeApiKey } from '../../../src/api/auth/api-key.js';
import { readSettings } from '../../../src/api/settings.js';

const databaseUrl = 'postgresql://x/y';
const secretKey = randomBytes(32).toString('base64');
const env = { CARILLON_DATABASE_URL: databaseUrl, CARILLON_SECRET_KEY: secretKey };

describe('readSettings', () => {
  it('has a default for everything but the database and the secret key', () => {
    expect(readSettings(env)).toEqual({
      databaseUrl,
      temporalAddress: '127.0.0.1:7233',
      namespace: 'default',
      taskQueue: 'carillon',
      host: '127.0.0.1',
      port: 7070,
      authenticated: true,
      keyRing: expect.objectContaining({ durable: true }),
      tlsByProxy: false,
      rateLimits: {},
      sealPayloads: false,
    });
  });

  it('reads limits, 0 among them, and refuses what is none', () => {
    const limited = {
      ...env,
      CARILLON_RATE_LIMIT: '0.5',
      CARILLON_RATE_LIMIT_ADDRESS: '0',
    };
    expect(readSettings(limited).rateLimits).toEqual({ perCaller: 0.5, perAddress: 0 });
    for (const text of ['-1', 'many', 'Infinity'])
      expect(() => readSettings({ ...limited, CARILLON_RATE_LIMIT_FAILURES: text })).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID' }),
      );
  });

  it('needs no secret key without authentication: cursors work across processes all the same', () => {
    const [one, other] = [0, 1].map(() => readSettings({ CARILLON_DATABASE_URL: databaseUrl, CARILLON_AUTH: 'off' }));
    expect(one).toMatchObject({ authenticated: false, keyRing: { durable: false } });
    expect(one?.keyRing.mac('cursor', 'x')).toEqual(other?.keyRing.mac('cursor', 'x'));
  });

  it('reads the secret key from a file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'carillon-settings-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'secret.key');
    writeFileSync(file, `${secretKey}\n`);
    const { keyRing } = readSettings({ CARILLON_DATABASE_URL: databaseUrl, CARILLON_SECRET_KEY_FILE: file });
    expect(keyRing.currentId).toBe(readSettings(env).keyRing.currentId);
  });

  it('takes a certificate with its key', () => {
    expect(readSettings({ ...env, CARILLON_TLS_CERT: 'c.pem', CARILLON_TLS_KEY: 'k.pem' }).tls).toEqual({
      cert: 'c.pem',
      key: 'k.pem',
    });
  });

  it.each([
    [{ CARILLON_DATABASE_URL: '' }, 'CARILLON_DATABASE_URL'],
    [{ CARILLON_SECRET_KEY: '' }, 'CARILLON_SECRET_KEY'],
    [{ CARILLON_SECRET_KEY: 'short' }, 'CARILLON_SECRET_KEY'],
    [{ CARILLON_SECRET_KEY: '', CARILLON_SECRET_KEY_FILE: '/nowhere/at/all' }, 'CARILLON_SECRET_KEY_FILE'],
    [{ CARILLON_AUTH: 'none' }, 'CARILLON_AUTH'],
    [{ CARILLON_AUTH: 'constructor' }, 'CARILLON_AUTH'],
    [{ CARILLON_TLS_CERT: 'c.pem' }, 'CARILLON_TLS_KEY'],
    [{ CARILLON_TLS_KEY: 'k.pem' }, 'CARILLON_TLS_CERT'],
    [{ CARILLON_TLS_BY_PROXY: 'yes' }, 'CARILLON_TLS_BY_PROXY'],
    [{ CARILLON_API_PORT: 'seven' }, 'CARILLON_API_PORT'],
    [{ CARILLON_API_PORT: '70000' }, 'CARILLON_API_PORT'],
    [{ CARILLON_API_PORT: '-1' }, 'CARILLON_API_PORT'],
    [{ CARILLON_API_PORT: '1.5' }, 'CARILLON_API_PORT'],
  ])('refuses %j and names %s', (changes, field) => {
    expect(() => readSettings({ ...env, ...changes })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', details: expect.objectContaining({ field }) }),
    );
  });

  it('shows no key in an error', () => {
    const key = makeApiKey();
    try {
      readSettings({ ...env, CARILLON_SECRET_KEY: key });
      expect.unreachable();
    } catch (error) {
      expect(JSON.stringify([String(error), error])).not.toContain(key.slice(0, 12));
    }
  });
});
