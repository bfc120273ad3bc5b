import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openObjectStore } from '../../../src/objects/open.js';
import { objectStoreConformance } from './conformance.js';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'carillon-objects-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
const open = (path: string) => openObjectStore(pathToFileURL(path).href);

describe('a folder', () => {
  objectStoreConformance(async () => open(join(folder(), 'not/there/yet')));

  test('nothing is written outside of it, and nothing unfinished stays', async () => {
    const path = folder();
    const store = open(join(path, 'objects'));
    await store.put('%2e%2e/%2e%2e/escaped', 'x');
    expect(readdirSync(path)).toEqual(['objects']);
    expect(readdirSync(join(path, 'objects/.unfinished'))).toEqual([]);
    expect(store.location('a b/#1')).toBe(`${pathToFileURL(join(path, 'objects/a b')).href}/%231`);
  });

  test('folders come in the order of the keys they hold', async () => {
    const store = open(folder());
    for (const key of ['\u{1F600}', '\uFF5E', 'ab/1', 'a.b/1', 'a/1', 'a-b/1']) await store.put(key, key);
    expect((await store.list('')).objects.map(({ key }) => key)).toEqual([
      ...['a-b/1', 'a.b/1', 'a/1', 'ab/1', '\uFF5E', '\u{1F600}'],
    ]);
  });

  test('a name is a file or a folder', async () => {
    const store = open(folder());
    await store.put('a', 'file');
    await expect(store.put('a/b', 'below')).rejects.toMatchObject({ code: 'OBJECT_KEY_INVALID' });
    await store.put('c/d', 'below');
    await expect(store.put('c', 'file')).rejects.toMatchObject({ code: 'OBJECT_KEY_INVALID' });
  });

  test('writers of one name and deleters beside them never meet a fault', async () => {
    const store = open(folder());
    const rounds = Array.from({ length: 50 }, (_, round) => round);
    await Promise.all([
      ...rounds.map((round) => store.put('x/y/same', `${round}`)),
      ...rounds.map(() => store.delete(['x/y/same'])),
      ...rounds.map(() => store.list('x/')),
    ]);
    await store.put('x/y/same', 'last');
    expect(await text(await store.get('x/y/same'))).toBe('last');
  });

  test('a folder that cannot be used is told so', async () => {
    const path = join(folder(), 'file');
    writeFileSync(path, '');
    const refused = { code: 'OBJECTS_UNAVAILABLE', details: { field: 'objects.url' } };
    await expect(open(join(path, 'below')).put('a', 'x')).rejects.toMatchObject(refused);
  });
});

test.each([
  'objects',
  '/var/objects',
  'file://host/folder',
  'file:///a?b=c',
  's3://',
  's3://bucket?colour=red',
  'http://host/bucket',
  's3://key:secret@bucket/',
])('the address %s is refused, and shows no credentials', (address) => {
  const error = (() => {
    try {
      openObjectStore(address);
    } catch (thrown) {
      return thrown as Error;
    }
  })();
  expect(error).toMatchObject({ code: 'CONFIG_INVALID', details: { field: 'objects.url' } });
  expect(JSON.stringify([error?.message])).not.toContain('secret@');
});
