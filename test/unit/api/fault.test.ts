import { TRPCError } from '@trpc/server';
import { describe, expect, it } from 'vitest';
import { faultBody, faultOf } from '../../../src/api/fault.js';
import { createInput } from '../../../src/api/inputs.js';
import { errorShape } from '../../../src/api/trpc.js';
import { CarillonError } from '../../../src/core/errors.js';

function refused(input: unknown): CarillonError {
  const { error } = createInput.safeParse(input);
  return faultOf(new TRPCError({ code: 'BAD_REQUEST', cause: error }), input);
}

describe('faultOf', () => {
  it('keeps a CarillonError, bare or as the cause of a tRPC error', () => {
    const error = new CarillonError('JOB_EXISTS', 'taken');
    expect(faultOf(error)).toBe(error);
    expect(faultOf(new TRPCError({ code: 'INTERNAL_SERVER_ERROR', cause: error }))).toBe(error);
  });

  it('names every field at fault with its value', () => {
    const fault = refused({
      task: 'http',
      schedule: { every: 'soon' },
      priority: 9,
      colour: 'red',
      retry: { tries: 1 },
    });
    expect(fault.code).toBe('INPUT_INVALID');
    expect(fault.details.faults?.map(({ field, value }) => [field, value])).toEqual(
      expect.arrayContaining([
        ['schedule.every', 'soon'],
        ['priority', 9],
        ['colour', undefined],
        ['retry.tries', undefined],
      ]),
    );
    expect(fault.message).toContain('`colour`: Unknown field.');
  });

  it('says what is wrong with a request that is no object', () => {
    expect(refused('text').details.field).toBe('(root)');
  });

  it.each([
    ['NOT_FOUND', 'PROCEDURE_NOT_FOUND'],
    ['PARSE_ERROR', 'INPUT_INVALID'],
    ['METHOD_NOT_SUPPORTED', 'INPUT_INVALID'],
    ['PAYLOAD_TOO_LARGE', 'PAYLOAD_TOO_LARGE'],
  ] as const)('turns %s of the protocol into %s', (code, expected) => {
    expect(faultOf(new TRPCError({ code })).code).toBe(expected);
  });

  it('keeps what nobody foresaw to itself', () => {
    const fault = faultOf(new TRPCError({ code: 'INTERNAL_SERVER_ERROR', cause: new Error('password=hunter2') }));
    expect(fault.code).toBe('INTERNAL');
    expect(JSON.stringify(faultBody(fault, 'r1'))).not.toContain('hunter2');
    expect(fault.message).not.toContain('hunter2');
    expect(faultBody(fault, 'r1').hint).toContain('r1');
  });

  it('takes an answer that does not fit its own schema for a fault of ours', () => {
    const { error } = createInput.safeParse({});
    expect(faultOf(new TRPCError({ code: 'INTERNAL_SERVER_ERROR', cause: error })).code).toBe('INTERNAL');
  });
});

describe('errorShape', () => {
  it('carries code, status and details, and no stack', () => {
    const error = new CarillonError('IDEMPOTENCY_MISMATCH', 'other', {
      field: 'idempotencyKey',
      value: 'k',
      hint: 'new key',
    });
    const shape = errorShape(error, { path: 'jobs.create', requestId: 'r1' });
    expect(shape.data).toEqual({
      code: 'UNPROCESSABLE_CONTENT',
      httpStatus: 422,
      path: 'jobs.create',
      carillon: {
        code: 'IDEMPOTENCY_MISMATCH',
        field: 'idempotencyKey',
        value: 'k',
        hint: 'new key',
        faults: undefined,
        requestId: 'r1',
      },
    });
  });

  it('does not send a large value back', () => {
    const error = new CarillonError('INPUT_INVALID', 'long', { field: 'input', value: 'x'.repeat(100_000) });
    expect(JSON.stringify(errorShape(error, {})).length).toBeLessThan(1000);
  });
});
