import { ServiceError, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import { ActivityFailure, ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { fromTemporal, isNotFound, isUnanswered } from '../../../../src/api/temporal/errors.js';
import { CarillonError } from '../../../../src/core/errors.js';

const details = { field: 'key', value: 'k', hint: 'Wait.' };
const refusal = ApplicationFailure.create({ type: 'JOB_BUSY', message: 'A run is in progress.', details: [details] });

function grpc(code: number): ServiceError {
  const cause = Object.assign(new Error(`grpc ${code}`), { code, details: 'said', metadata: {} });
  return new ServiceError('failed', { cause });
}

describe('fromTemporal', () => {
  it('gives a refusal of the workflow its code and details back', () => {
    const error = fromTemporal(new WorkflowUpdateFailedError('failed', refusal), 'a:1');
    expect(error).toBeInstanceOf(CarillonError);
    expect(error).toMatchObject({ code: 'JOB_BUSY', message: 'A run is in progress.', details });
  });

  it('finds the refusal of an activity inside', () => {
    const failure = new ActivityFailure('failed', 'prepareDefinition', '1', 'NON_RETRYABLE_FAILURE', 'w', refusal);
    expect(fromTemporal(new WorkflowUpdateFailedError('failed', failure), 'a:1')).toMatchObject({ code: 'JOB_BUSY' });
  });

  it('leaves a failure without a code of ours as it is', () => {
    const error = new WorkflowUpdateFailedError(
      'failed',
      ApplicationFailure.create({ type: 'TypeError', message: 'oops' }),
    );
    expect(fromTemporal(error, 'a:1')).toBe(error);
  });

  it.each([
    [14, 'TEMPORAL_UNAVAILABLE'],
    [4, 'TEMPORAL_UNAVAILABLE'],
    [8, 'LIMIT_EXCEEDED'],
  ])('turns gRPC status %i into %s', (status, code) => {
    expect(fromTemporal(grpc(status), 'a:1')).toMatchObject({ code });
  });

  it('names the address that does not answer', () => {
    expect(fromTemporal(grpc(14), 'temporal:7233')).toMatchObject({ details: { value: 'temporal:7233' } });
  });
});

describe('isUnanswered and isNotFound', () => {
  it('tell a worker that is away from a job that is gone', () => {
    const timeout = new WorkflowUpdateRPCTimeoutOrCancelledError('late');
    const gone = new WorkflowNotFoundError('gone', 'job:p:a', undefined);
    expect([timeout, grpc(4), grpc(9), gone, grpc(14)].map(isUnanswered)).toEqual([true, true, true, false, false]);
    expect([timeout, gone].map(isNotFound)).toEqual([false, true]);
  });
});
