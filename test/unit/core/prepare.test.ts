import { expect, test } from 'vitest';
import { z } from 'zod';
import { CarillonError } from '../../../src/core/errors.js';
import { maximumInputBytes, prepareDefinition } from '../../../src/core/prepare.js';
import { TaskRegistry } from '../../../src/core/task/registry.js';
import { defineTask } from '../../../src/core/task/task.js';

const now = Date.parse('2026-11-21T09:00:00Z');
const registry = new TaskRegistry([
  defineTask({
    name: 'report',
    input: z.strictObject({ to: z.array(z.email()), note: z.string().default('') }),
    run: () => null,
  }),
  defineTask({ name: 'quick', lane: 'light', timeout: '500ms', input: z.unknown(), run: () => null }),
]);
const prepare = (raw: unknown) => prepareDefinition(raw, registry, now);
const base = { task: 'report', input: { to: ['a@example.com'] }, schedule: { every: '1h' } };

function refusalOf(raw: unknown): CarillonError {
  try {
    prepare(raw);
  } catch (error) {
    if (error instanceof CarillonError) return error;
    throw error;
  }
  throw new Error('It was accepted.');
}

test('fills in what was left out, once and for all', () => {
  const { definition, words, plan } = prepare(base);
  expect(definition).toMatchObject({
    lane: 'standard',
    overlap: 'skip',
    priority: 3,
    catchUp: { policy: 'last', within: 'PT1H' },
    retry: { maximumAttempts: 3, initialInterval: 'PT1S', backoffCoefficient: 2, maximumInterval: 'PT1M' },
    timeouts: { attempt: 'PT5M', run: 'PT24H', heartbeat: 'PT10S' },
    schedule: { every: 'PT1H', anchor: '2026-11-21T09:00:00Z', timezone: 'UTC' },
  });
  expect(words).toBe('every hour');
  expect(plan.entries[0]).toEqual({ at: '2026-11-21T10:00:00Z', wake: '2026-11-21T09:59:59.500Z' });
});

test('a job of one occurrence has no bound of catch-up', () => {
  expect(prepare({ ...base, schedule: { immediate: true } }).definition.catchUp).toEqual({ policy: 'last' });
});

test('the digest is that of what was written, whatever the order and the time', () => {
  const later = prepareDefinition(
    { schedule: { every: '1h' }, input: base.input, task: 'report' },
    registry,
    now + 5000,
  );
  expect(later.digest).toBe(prepare(base).digest);
  expect(prepare({ ...base, owner: 'ops' }).digest).not.toBe(prepare(base).digest);
});

test.each([
  [{ ...base, task: 'unknown' }, 'TASK_UNKNOWN', 'task'],
  [{ ...base, input: { to: ['nobody'] } }, 'TASK_INPUT_INVALID', 'input.to.0'],
  [{ ...base, input: { to: [], extra: 1 } }, 'TASK_INPUT_INVALID', 'input.extra'],
  [{ ...base, shedule: {} }, 'INPUT_INVALID', 'shedule'],
  [{ ...base, schedule: {} }, 'INPUT_INVALID', 'schedule'],
  [{ ...base, schedule: { every: '1h', cron: '* * * * *' } }, 'INPUT_INVALID', 'schedule'],
  [{ ...base, schedule: { cron: 'x' } }, 'CRON_INVALID', 'schedule.cron'],
  [{ ...base, schedule: { at: '2020-01-01T00:00:00Z' } }, 'SCHEDULE_NEVER_FIRES', 'schedule'],
  [{ ...base, schedule: { cron: '0 0 31 2 *' } }, 'CRON_INVALID', 'schedule.cron'],
  [{ ...base, retry: { initialInterval: 'soon' } }, 'INPUT_INVALID', 'retry.initialInterval'],
  [{ ...base, lane: 'light', timeouts: { attempt: '3s' } }, 'LIGHT_BOUND_EXCEEDED', 'timeouts.attempt'],
  [{ ...base, priority: 6 }, 'INPUT_INVALID', 'priority'],
  ['text', 'INPUT_INVALID', '(root)'],
])('refuses %j', (raw, code, field) => {
  const refusal = refusalOf(raw);
  expect(refusal).toMatchObject({ code, details: { field } });
  expect(refusal.details.hint).toBeTruthy();
});

test('refuses a payload over the limit', () => {
  const input = 'x'.repeat(maximumInputBytes);
  expect(refusalOf({ task: 'quick', input, schedule: { immediate: true } })).toMatchObject({
    code: 'PAYLOAD_TOO_LARGE',
  });
});

test('the lane and the bound come from the task unless the job says otherwise', () => {
  expect(prepare({ task: 'quick', schedule: { every: '1h' } }).definition).toMatchObject({
    lane: 'light',
    timeouts: { attempt: '500ms' },
  });
  const heavy = prepare({ task: 'quick', lane: 'heavy', schedule: { every: '1h' } }).definition;
  expect(heavy).toMatchObject({ lane: 'heavy', timeouts: { attempt: 'PT1H' } });
});

test('a task that promises the light lane and asks for more time is refused', () => {
  expect(() => defineTask({ name: 'slow', lane: 'light', timeout: '3s', input: z.unknown(), run: () => null })).toThrow(
    expect.objectContaining({ code: 'LIGHT_BOUND_EXCEEDED' }),
  );
});

test.each(['', 'Report', 'a b', 'x'.repeat(101), 'a..b'])('refuses the task name %j', (name) => {
  expect(() => defineTask({ name, input: z.unknown(), run: () => null })).toThrow(
    expect.objectContaining({ code: 'TASK_INVALID' }),
  );
});
