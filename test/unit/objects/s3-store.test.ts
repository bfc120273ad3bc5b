import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { openObjectStore } from '../../../src/objects/open.js';
import { objectStoreConformance } from './conformance.js';
import { startS3 } from './s3-server.js';

let s3: Awaited<ReturnType<typeof startS3>>;
let count = 0;

beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'S3RVER');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'S3RVER');
  s3 = await startS3();
});
afterAll(async () => {
  await s3.close();
  vi.unstubAllEnvs();
});

async function open(prefix?: string) {
  count += 1;
  const store = openObjectStore(await s3.bucket(`bucket-${count}`, prefix));
  onTestFinished(() => store.close());
  return store;
}

describe('S3', () => {
  objectStoreConformance(() => open());
});

describe('S3 below a prefix', () => {
  objectStoreConformance(() => open('one/two/'));

  test('locations name the bucket and what is below the prefix', async () => {
    const store = await open('one/two');
    expect(store.location('a b/c')).toBe(`s3://bucket-${count}/one/two/a%20b/c`);
  });
});

test('a bucket that is not there is told by its name', async () => {
  const address = (await s3.bucket('real')).replace('real', 'unreal');
  const store = openObjectStore(address);
  onTestFinished(() => store.close());
  const refused = { code: 'OBJECTS_UNAVAILABLE', message: expect.stringContaining('unreal') };
  await expect(store.put('a', 'x')).rejects.toMatchObject(refused);
  await expect(store.list('')).rejects.toMatchObject(refused);
});
