import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { keepResult, type ResultKeeping } from '../../../src/activities/result.js';
import { Mask } from '../../../src/activities/secrets/mask.js';
import { openObjectStore } from '../../../src/objects/open.js';
import { openResult } from '../../../src/objects/open-result.js';
import { allowedPlace } from '../../../src/objects/result-place.js';
import { ownFolder } from './folder.js';

const run = { project: 'p', runId: 'job@key:a/b' };
const keeping = (more: Partial<ResultKeeping> = {}): ResultKeeping => ({
  ...{ run, mask: new Mask(), patienceMs: 60_000, onTrouble: () => {} },
  ...more,
});

test('small results are kept as JSON with the run', async () => {
  const keep = (result: unknown) => keepResult(result, { settings: {} }, keeping());
  expect(await keep({ at: new Date(0), none: undefined })).toEqual({ result: { at: '1970-01-01T00:00:00.000Z' } });
  expect(await keep(undefined)).toEqual({});
  expect(await keep(1n)).toMatchObject({ result: { omitted: expect.stringContaining('BigInt') } });
  expect(await keep('x'.repeat(20_000))).toMatchObject({ result: { omitted: expect.stringContaining('20002 bytes') } });
});

test('a large result goes to the object store, without its secrets', async () => {
  const objects = openObjectStore(ownFolder().url);
  const mask = new Mask();
  mask.add('hunter2hunter2');
  const large = { token: 'Bearer hunter2hunter2', text: 'é'.repeat(20_000) };
  const { result, resultLocation = '' } = await keepResult(large, { settings: {}, objects }, keeping({ mask }));
  expect(result).toBeUndefined();
  const { store, key } = openResult(resultLocation, run, { objects });
  expect(JSON.parse(await text(await store.get(key)))).toEqual({ ...large, token: 'Bearer ***' });
});

test('where the job wants its results, if the configuration allows it', async () => {
  const { url } = ownFolder();
  const settings = { objects: { resultLocations: [`${url}/allowed`] } };
  const kept = await keepResult({ n: 1 }, { settings }, keeping({ place: `${url}/allowed/reports` }));
  expect(kept).toEqual({
    result: { n: 1 },
    resultLocation: expect.stringContaining('/allowed/reports/job@key:a_b%7E'),
  });
  const opened = openResult(kept.resultLocation ?? '', run, { allowed: settings.objects.resultLocations });
  expect(await text(await opened.store.get(opened.key))).toBe('{"n":1}');
  expect(() => openResult(kept.resultLocation ?? '', run, { allowed: [] })).toThrowError(
    expect.objectContaining({ code: 'RESULT_NOT_FOUND' }),
  );
});

test('a store that does not take a large result is told in its place', async () => {
  const { path, url } = ownFolder();
  writeFileSync(join(path, 'file'), '');
  const place = `${url}/file/below`;
  const settings = { objects: { resultLocations: [url] } };
  const trouble: string[] = [];
  const asked = keeping({ place, onTrouble: (message) => trouble.push(message) });
  const { result } = await keepResult('x'.repeat(20_000), { settings }, asked);
  expect(result).toEqual({ omitted: expect.stringMatching(/^20002 bytes, The folder of objects/) });
  expect(trouble).toHaveLength(1);
});

const allowed = ['file:///srv/results', 's3://bucket/reports/?region=eu-west-1&endpoint=http%3A%2F%2F127.0.0.1%3A1'];
test.each<[string, string | undefined]>([
  ['file:///srv/results', 'file:///srv/results'],
  ['file:///srv/results/a/', 'file:///srv/results/a'],
  ['s3://bucket/reports/x', 's3://bucket/reports/x?region=eu-west-1&endpoint=http%3A%2F%2F127.0.0.1%3A1'],
  ...[
    'file:///srv/results-else',
    'file:///srv/results/../../etc',
    'file:///srv/results/%2e%2e/%2E./etc',
    'file:///srv/results/..%2f..%2fetc',
    'file:///srv/results/..%5c',
    'file:///srv',
    'file://host/srv/results',
    's3://bucket/reportsX',
    's3://bucket2/reports/x',
    's3://bucket/reports/../x',
    's3://bucket/reports/x?endpoint=http://evil',
    's3://user@bucket/reports',
    'http://bucket/reports',
    '/srv/results',
    '',
  ].map((place): [string, undefined] => [place, undefined]),
])('results at %s go to %s', (place, address) => {
  expect(allowedPlace(place, allowed)).toBe(address);
});
