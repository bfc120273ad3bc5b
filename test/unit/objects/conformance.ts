import { buffer, text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { CarillonError } from '../../../src/core/errors.js';
import type { ObjectStore } from '../../../src/objects/object-store.js';

const code = (run: Promise<unknown>) =>
  run.then(
    () => 'nothing thrown',
    (error) => (error instanceof CarillonError ? error.code : error),
  );

/** What is the same for every driver. `open` gives an empty store. */
export function objectStoreConformance(open: () => Promise<ObjectStore>): void {
  const read = async (store: ObjectStore, key: string, from?: number) => text(await store.get(key, from));
  const keys = async (store: ObjectStore, prefix: string, options?: { after?: string; limit?: number }) =>
    (await store.list(prefix, options)).objects.map(({ key }) => key);

  test('what is put is got, and a later put replaces it', async () => {
    const store = await open();
    await store.put('a/b.txt', 'one');
    await store.put('a/b.txt', new TextEncoder().encode('zwei é'), { contentType: 'text/plain' });
    expect(await read(store, 'a/b.txt')).toBe('zwei é');
    expect(await read(store, 'a/b.txt', 5)).toBe('é');
    expect(await read(store, 'a/b.txt', 7)).toBe('');
    expect(await store.head('a/b.txt')).toMatchObject({ key: 'a/b.txt', bytes: 7 });
    await store.put('empty', '');
    expect(await read(store, 'empty')).toBe('');
  });

  test('a stream of several parts arrives whole', async () => {
    const store = await open();
    const piece = new Uint8Array(1024 * 1024);
    for (let at = 0; at < piece.length; at++) piece[at] = at % 251;
    async function* pieces() {
      for (let count = 0; count < 12; count++) yield piece;
    }
    await store.put('large', pieces());
    expect((await store.head('large'))?.bytes).toBe(12 * piece.length);
    const back = await buffer(await store.get('large'));
    expect(back.equals(Buffer.concat(Array.from({ length: 12 }, () => piece)))).toBe(true);
    const tail = await buffer(await store.get('large', 11 * piece.length + 5));
    expect(tail.equals(Buffer.from(piece.subarray(5)))).toBe(true);
  });

  test('a stream that fails leaves what was there, and its own error', async () => {
    const store = await open();
    await store.put('kept', 'before');
    async function* broken() {
      yield new Uint8Array(10);
      throw new Error('the source broke');
    }
    await expect(store.put('kept', broken())).rejects.toThrow('the source broke');
    expect(await read(store, 'kept')).toBe('before');
    expect(await keys(store, '')).toEqual(['kept']);
  });

  test('what is not there is told by its code', async () => {
    const store = await open();
    await store.put('folder/file', 'x');
    expect(await code(store.get('missing'))).toBe('OBJECT_NOT_FOUND');
    expect(await code(store.get('folder'))).toBe('OBJECT_NOT_FOUND');
    expect(await store.head('missing')).toBeUndefined();
    expect(await store.head('folder')).toBeUndefined();
    await store.delete(['missing', 'folder']);
    expect(await read(store, 'folder/file')).toBe('x');
  });

  // s3rver has `a/1` before `a-b/1`, and UTF-16 for order, unlike S3: such neighbours are tested on disk alone.
  test('lists by prefix in the order of bytes, in pages', async () => {
    const store = await open();
    const all = ['a/1', 'ab/1', 'ab/10', 'ab/2', 'ab/c/d', 'b', 'ß', '日本'];
    for (const key of [...all].reverse()) await store.put(key, key);
    const sorted = [...all].sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
    expect(await keys(store, '')).toEqual(sorted);
    expect(await keys(store, 'ab/')).toEqual(['ab/1', 'ab/10', 'ab/2', 'ab/c/d']);
    expect(await keys(store, 'ab/1')).toEqual(['ab/1', 'ab/10']);
    expect(await keys(store, 'ab/', { after: 'ab/10' })).toEqual(['ab/2', 'ab/c/d']);
    expect(await keys(store, 'nothing')).toEqual([]);
    const paged: string[] = [];
    for (let after: string | undefined; ; ) {
      const { objects, next } = await store.list('', { limit: 3, ...(after !== undefined && { after }) });
      expect(objects.length).toBeLessThanOrEqual(3);
      paged.push(...objects.map(({ key }) => key));
      if (next === undefined) break;
      after = next;
    }
    expect(paged).toEqual(sorted);
  });

  test('deletes, again without a fault', async () => {
    const store = await open();
    await store.put('x/y/z', '1');
    await store.put('x/keep', '1');
    await store.delete(['x/y/z']);
    await store.delete(['x/y/z']);
    expect(await keys(store, '')).toEqual(['x/keep']);
    await store.put('x/y/z', '2');
    expect(await read(store, 'x/y/z')).toBe('2');
  });

  test('names come back byte for byte', async () => {
    const names = [
      ...[
        '%2e%2e',
        '%41',
        '.hidden',
        '...',
        '-rf',
        '~',
        '$HOME',
        '`id`',
        "'; drop table --",
        'a b',
        ' lead',
        '"',
        '<&>',
      ],
      ...[
        '\\',
        '..\\x',
        'C:',
        'a:b@c',
        '日本語',
        'e\u0301',
        '\u00e9',
        '\u202e',
        'tab\there',
        'line\nbreak',
        '#',
        '?x',
        '+',
      ],
    ];
    const store = await open();
    for (const name of names) await store.put(`n/${name}/${name}`, name);
    for (const name of names) expect(await read(store, `n/${name}/${name}`)).toBe(name);
    const sorted = names.map((name) => `n/${name}/${name}`);
    expect((await keys(store, 'n/')).sort()).toEqual(sorted.sort());
    await store.delete(sorted);
    expect(await keys(store, '')).toEqual([]);
  });

  test('names that not every store takes are refused', async () => {
    const names = [
      ...['', '/', '/a', 'a/', 'a//b', '.', '..', '../a', 'a/../b', 'a/./b', 'nul\0', '\ud800'],
      ...['a'.repeat(256), 'é'.repeat(128), 'a/'.repeat(600)],
    ];
    const store = await open();
    for (const key of names) {
      const calls = [() => store.put(key, 'x'), () => store.get(key), () => store.head(key), () => store.delete([key])];
      for (const call of calls) expect([key, await code(call())]).toEqual([key, 'OBJECT_KEY_INVALID']);
    }
  });
}
