import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { request as plainRequest } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { json, text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { readTls } from '../../src/api/http/tls.js';
import { tempFolder } from '../embedded/temp-folder.js';
import { startApiOnly } from './api-only.js';
import { startApiWithKeys } from './api-with-keys.js';

/** Makes a certificate for localhost that vouches for itself. */
function certificate(folder: string, name: string): { cert: string; key: string } {
  const files = { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  execFileSync('openssl', ['req', '-x509', ...curve, ...names, '-out', files.cert, '-keyout', files.key], {
    stdio: 'ignore',
  });
  return files;
}

it('speaks TLS with the certificate it is given, and asks for keys as ever', async () => {
  const files = certificate(tempFolder(), 'api');
  const { url, adminKey } = await startApiWithKeys({ tls: readTls(files) });
  expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
  const get = (headers: Record<string, string>) =>
    new Promise<{ status?: number; body: string }>((resolve, reject) => {
      request(`${url}/trpc/tasks.list`, { headers, ca: readFileSync(files.cert) }, async (response) => {
        resolve({ status: response.statusCode, body: await text(response) });
      })
        .on('error', reject)
        .end();
    });
  expect(await get({ authorization: `Bearer ${adminKey}` })).toMatchObject({ status: 200 });
  expect(await get({})).toMatchObject({ status: 401 });
});

it('refuses files that are missing, no PEM, or do not belong together', () => {
  const folder = tempFolder();
  const [one, other] = [certificate(folder, 'one'), certificate(folder, 'other')];
  const junk = join(folder, 'junk.pem');
  writeFileSync(junk, 'junk');
  for (const [files, field] of [
    [{ cert: join(folder, 'none.pem'), key: one.key }, 'CARILLON_TLS_CERT'],
    [{ cert: one.cert, key: join(folder, 'none.key') }, 'CARILLON_TLS_KEY'],
    [{ cert: junk, key: one.key }, 'CARILLON_TLS_CERT'],
    [{ cert: one.cert, key: other.key }, 'CARILLON_TLS_CERT'],
  ] as const) {
    expect(() => readTls(files)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', details: expect.objectContaining({ field }) }),
    );
  }
});

it('without authentication, whoever calls this machine by another name is refused: a page in a browser could', async () => {
  const { url } = await startApiOnly();
  const get = (headers: Record<string, string>) =>
    new Promise<{ status?: number; body: unknown }>((resolve, reject) => {
      plainRequest(`${url}/trpc/tasks.list`, { headers }, async (response) => {
        resolve({ status: response.statusCode, body: await json(response) });
      })
        .on('error', reject)
        .end();
    });
  expect(await get({})).toMatchObject({ status: 200 });
  expect(await get({ origin: 'http://localhost:5173' })).toMatchObject({ status: 200 });
  const { port } = new URL(url);
  const foreign: Record<string, string>[] = [
    { host: `rebound.example:${port}` },
    { origin: 'https://rebound.example' },
  ];
  for (const headers of foreign) {
    expect(await get(headers)).toMatchObject({
      status: 403,
      body: { error: { data: { carillon: { code: 'FORBIDDEN' } } } },
    });
  }
});
