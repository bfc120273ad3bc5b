import { expect, test } from 'vitest';
import { startApiOnly } from '../api-only.js';

interface Answer {
  error?: { message: string; data: { carillon: { code: string } } };
  code?: string;
  detail?: string;
}

const deep = `${'['.repeat(65)}${']'.repeat(65)}`;

test('a request that is too deep, too large or too long is refused, and told why', async () => {
  const { url } = await startApiOnly();
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${url}${path}`, { headers: { 'content-type': 'application/json' }, ...init });
    const { error, ...problem } = (await response.json()) as Answer;
    return [response.status, error?.data.carillon.code ?? problem.code, error?.message ?? problem.detail];
  };
  const post = (body: string) => ask('/trpc/jobs.create', { method: 'POST', body });
  expect(await post(`{"input":${deep}}`)).toEqual([400, 'INPUT_INVALID', 'Expected JSON at most 64 levels deep.']);
  expect(await post(`[${'0,'.repeat(100_000)}0]`)).toEqual([
    ...[400, 'INPUT_INVALID', 'Expected JSON of at most 100000 values.'],
  ]);
  expect((await ask(`/trpc/jobs.list?input=${deep}`)).slice(0, 2)).toEqual([400, 'INPUT_INVALID']);
  const problem = (detail: string) => ['INPUT_INVALID', detail];
  expect(await ask(`/trpc/jobs.list?input=${'x'.repeat(17_000)}`)).toEqual([
    431,
    ...problem('Expected at most 16384 bytes of headers.'),
  ]);
  expect((await post(`"${'x'.repeat(1_100_000)}"`)).slice(0, 2)).toEqual([413, 'PAYLOAD_TOO_LARGE']);
});
