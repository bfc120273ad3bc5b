import { expect, test } from 'vitest';
import { waitBeforeNext } from '../../../src/core/retry.js';

const rules = {
  retry: {
    maximumAttempts: 10,
    initialInterval: 'PT1S',
    backoffCoefficient: 2,
    maximumInterval: 'PT30S',
    nonRetryableErrors: ['HTTP_STATUS'],
  },
  timeouts: { attempt: 'PT1M', run: 'PT10M', heartbeat: 'PT10S' },
};

test('waits grow by the coefficient up to the maximum', () => {
  const waits = [1, 2, 3, 4, 5, 6, 7].map((attempt) => waitBeforeNext(rules, attempt, 'TASK_FAILED', 0));
  expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
});

test('no attempt follows the last, an error that repeating does not mend, or the end of the run', () => {
  expect(waitBeforeNext(rules, 10, 'TASK_FAILED', 0)).toBeUndefined();
  expect(waitBeforeNext(rules, 1, 'HTTP_STATUS', 0)).toBeUndefined();
  expect(waitBeforeNext(rules, 1, 'TASK_INPUT_INVALID', 0)).toBeUndefined();
  expect(waitBeforeNext(rules, 1, 'TASK_FAILED', 599_500)).toBeUndefined();
});

test('an attempt the worker interrupted is repeated', () => {
  expect(waitBeforeNext(rules, 1, undefined, 0)).toBe(1000);
});

test('a wait that the task asked for is taken as it is, within the bounds of the run', () => {
  expect(waitBeforeNext(rules, 1, 'RETRY_LATER', 0, 300_000)).toBe(300_000);
  expect(waitBeforeNext(rules, 1, 'RETRY_LATER', 0, 700_000)).toBeUndefined();
  expect(waitBeforeNext(rules, 10, 'RETRY_LATER', 0, 1000)).toBeUndefined();
});

test.each(['GAVE_UP', 'TASK_OUTPUT_INVALID'])('%s is not repeated', (code) => {
  expect(waitBeforeNext(rules, 1, code, 0)).toBeUndefined();
});
