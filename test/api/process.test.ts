import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, inject, it, onTestFinished } from 'vitest';
import { makeApiKey } from '../../src/api/auth/api-key.js';
import { createCarillonClient } from '../../src/index.js';
import { deadDatabase, deadTemporal, refusal } from './api-only.js';

const main = fileURLToPath(new URL('../../dist/api/main.js', import.meta.url));

const secretKey = randomBytes(32).toString('base64');

function start(env: NodeJS.ProcessEnv): ChildProcess {
  const child = fork(main, {
    env: { PATH: process.env.PATH, CARILLON_API_PORT: '0', CARILLON_SECRET_KEY: secretKey, ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

it('says when it is ready, serves, and ends with 0 on SIGTERM', async () => {
  const env = { CARILLON_DATABASE_URL: inject('databaseUrl'), TEMPORAL_ADDRESS: inject('temporalAddress') };
  const apiKey = makeApiKey();
  const child = start({ ...env, CARILLON_TASK_QUEUE: 'carillon-process-test', CARILLON_ADMIN_KEY: apiKey });
  const [ready] = await once(child, 'message');
  expect(ready).toMatchObject({ type: 'ready', url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) });
  const client = createCarillonClient({ url: ready.url, apiKey });
  expect(await client.system.health.query()).toMatchObject({ temporal: { ok: true }, store: { ok: true } });
  expect(await client.tasks.list.query()).toMatchObject({ items: expect.anything() });
  const anonymous = createCarillonClient({ url: ready.url });
  expect(await anonymous.system.health.query()).toMatchObject({ store: { ok: true } });
  expect(await refusal(anonymous.tasks.list.query())).toMatchObject({ code: 'UNAUTHENTICATED' });
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});

it('starts while everything behind it is away, and ends when its supervisor is gone', async () => {
  const child = start({ CARILLON_DATABASE_URL: deadDatabase, TEMPORAL_ADDRESS: deadTemporal });
  await once(child, 'message');
  child.disconnect();
  expect(await once(child, 'exit')).toEqual([0, null]);
});

it.each([
  [{}, 'CARILLON_DATABASE_URL'],
  [{ CARILLON_DATABASE_URL: deadDatabase, CARILLON_API_HOST: '0.0.0.0' }, 'CARILLON_API_HOST'],
  [{ CARILLON_DATABASE_URL: deadDatabase, CARILLON_API_HOST: '0.0.0.0', CARILLON_AUTH: 'off' }, 'CARILLON_AUTH'],
  [{ CARILLON_DATABASE_URL: deadDatabase, CARILLON_SECRET_KEY: '' }, 'CARILLON_SECRET_KEY'],
  [{ CARILLON_DATABASE_URL: deadDatabase, CARILLON_ADMIN_KEY: 'car_mine' }, 'CARILLON_ADMIN_KEY'],
  [{ CARILLON_DATABASE_URL: deadDatabase, CARILLON_TASKS: 'nowhere.ts' }, 'nowhere.ts'],
])('ends with 1 and names the setting at fault: %j', async (env, named) => {
  const child = start(env);
  const [log, [code]] = await Promise.all([text(child.stderr as NodeJS.ReadableStream), once(child, 'exit')]);
  expect(code).toBe(1);
  expect(JSON.parse(log.trim().split('\n').at(-1) ?? '')).toMatchObject({ level: 'error', code: 'CONFIG_INVALID' });
  expect(log).toContain(named);
  expect(log).not.toContain('car_mine');
});
