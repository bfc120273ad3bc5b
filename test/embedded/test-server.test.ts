import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { createTimeSkippingEnvironment, timeSkippingServer } from '../servers/time-skipping.js';
import { tempFolder } from './temp-folder.js';

test('the time-skipping server skips time', async () => {
  const environment = await createTimeSkippingEnvironment(inject('timeSkippingServer'));
  try {
    const before = await environment.currentTimeMs();
    await environment.sleep('365 days');
    expect((await environment.currentTimeMs()) - before).toBeGreaterThanOrEqual(365 * 86_400_000);
  } finally {
    await environment.teardown();
  }
});

test('CARILLON_TEST_SERVER is used as it is', async () => {
  expect(await timeSkippingServer({ CARILLON_TEST_SERVER: '/opt/test-server' })).toBe('/opt/test-server');
});

test('without internet, Java and Maven it says what to install', async () => {
  const cache = tempFolder();
  mkdirSync(join(cache, 'test-server'));
  writeFileSync(join(cache, 'test-server/sdk.failed'), "the SDK's download: no network");
  const missing = async () => ({ code: null, stdout: '', stderr: 'spawn java ENOENT' });
  await expect(timeSkippingServer({ CARILLON_CACHE: cache }, missing)).rejects.toThrow(
    /got none \(the SDK's download: no network; java: spawn java ENOENT\)\. Install Java and Maven .*CARILLON_TEST_SERVER/,
  );
});
