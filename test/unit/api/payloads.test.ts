import { TRPCError } from '@trpc/server';
import { expect, it } from 'vitest';
import { withoutPayloads, withoutPayloadsOf } from '../../../src/api/access/payloads.js';
import { CarillonError } from '../../../src/core/errors.js';

const quoting = new TRPCError({
  code: 'BAD_REQUEST',
  cause: new CarillonError('TASK_INPUT_INVALID', '`input.to`: Expected a URL, got "walrus".', {
    field: 'input.to',
    value: 'walrus',
    faults: [{ field: 'input.to', message: 'Expected a URL.', value: 'walrus' }],
  }),
});

it('quotes the input of an error only to who sent it', () => {
  const hidden = withoutPayloadsOf(quoting, { id: 'a', version: 1 });
  expect(hidden).toMatchObject({ code: 'TASK_INPUT_INVALID', details: { field: 'input' } });
  expect(JSON.stringify([hidden.message, hidden])).not.toContain('walrus');
  expect(withoutPayloadsOf(quoting, { id: 'a', input: { to: 'walrus' } })).toBe(quoting);
  expect(withoutPayloadsOf(quoting, { id: 'a', task: 'http' })).toBe(quoting);
  const other = new TRPCError({ code: 'NOT_FOUND', cause: new CarillonError('JOB_NOT_FOUND', 'No job.') });
  expect(withoutPayloadsOf(other, {})).toBe(other);
});

it('hides at any depth, and says where', () => {
  const answer = {
    runs: [{ runId: 'a', input: { x: 1 }, result: null, lastFailure: 'x', state: 'failed' }, { runId: 'b' }],
    refused: [{ runId: 'a', error: { code: 'NO_CODE', message: 'x' } }],
    progress: { done: 1, note: 'x' },
    pause: { note: 'kept' },
    request: { input: undefined },
  };
  expect(withoutPayloads(answer)).toEqual({
    runs: [{ runId: 'a', state: 'failed', payloadsHidden: true }, { runId: 'b' }],
    refused: [{ runId: 'a', error: { code: 'NO_CODE', message: 'The message takes the right `payloads:read`.' } }],
    progress: { done: 1 },
    pause: { note: 'kept' },
    request: {},
  });
});

it('gives no stream to who may not see what it carries', () => {
  const stream = (async function* () {
    yield 1;
  })();
  expect(() => withoutPayloads(stream)).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }));
});
