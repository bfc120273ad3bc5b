import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { prepareDefinition } from '../../../src/core/prepare.js';
import { sameDefinition, submittedOf } from '../../../src/core/submitted.js';
import { TaskRegistry } from '../../../src/core/task/registry.js';
import { type AnyTask, defineTask } from '../../../src/core/task/task.js';

const now = Date.parse('2026-11-21T09:00:00Z');
const task = (own: Partial<AnyTask>): AnyTask => ({
  ...defineTask({ name: 'work', input: z.strictObject({}), run: () => undefined }),
  ...own,
});
const prepare = (raw: object, own: Partial<AnyTask> = {}) =>
  prepareDefinition({ task: 'work', input: {}, schedule: { every: '1h' }, ...raw }, new TaskRegistry([task(own)]), now);

describe('submittedOf', () => {
  it('leaves out what came from the task, so that a change of the task reaches the job', () => {
    const light = { lane: 'light', timeout: 'PT1S' } as const;
    const { definition } = prepare({}, light);
    expect(definition).toMatchObject({ lane: 'light', timeouts: { attempt: 'PT1S' }, catchUp: { within: 'PT1H' } });
    const submitted = submittedOf(definition, task(light));
    expect(submitted.lane).toBeUndefined();
    expect(submitted.timeouts).not.toHaveProperty('attempt');
    expect(submitted.catchUp).toEqual({ policy: 'last' });
    expect(prepare(submitted, { lane: 'heavy' }).definition).toMatchObject({
      lane: 'heavy',
      timeouts: { attempt: 'PT1H' },
    });
  });

  it.each([
    [{ lane: 'heavy' }],
    [{ timeouts: { attempt: '7s' } }],
    [{ catchUp: { policy: 'all', within: '6h', spacing: '1m' } }],
    [{ schedule: { at: '2026-12-01T09:00:00Z' }, catchUp: { policy: 'last', within: '1h' } }],
    [{ schedule: { every: '1h', anchor: '2026-01-01T00:07:00Z', end: '2027-01-01T00:00:00Z', maxRuns: 9 } }],
    [{ pauseAfterFailures: { count: 3, probeAfter: '10m' }, overlap: 'allow', maxActiveRuns: 3 }],
  ])('gives back what %j means, when it is prepared again', (raw) => {
    const { definition } = prepare(raw);
    const again = prepare(submittedOf(definition, task({})));
    expect(again.definition).toEqual(definition);
  });

  it('leaves out what the schedule was resolved to', () => {
    expect(submittedOf(prepare({}).definition, task({})).schedule).not.toHaveProperty('resolved');
  });
});

describe('sameDefinition', () => {
  it('sees through the ways of writing, and nothing else', () => {
    const one = prepare({ schedule: { every: '90m', anchor: '2026-01-01T01:00:00+01:00' } }).definition;
    const other = prepare({
      schedule: { every: 'PT1H30M', anchor: '2026-01-01T00:00:00Z', timezone: 'UTC' },
    }).definition;
    expect(sameDefinition(one, other)).toBe(true);
    expect(sameDefinition(one, { ...other, priority: 1 })).toBe(false);
    expect(sameDefinition(one, { ...other, schedule: { ...other.schedule, every: 'PT91M' } })).toBe(false);
  });
});
