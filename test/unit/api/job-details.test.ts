import { describe, expect, it } from 'vitest';
import { builtInTasks } from '../../../src/activities/tasks/index.js';
import { detailsOf, summaryOf } from '../../../src/api/jobs/details.js';
import { firstCarry } from '../../../src/api/jobs/genesis.js';
import { prepareDefinition } from '../../../src/core/prepare.js';
import { TaskRegistry } from '../../../src/core/task/registry.js';

const now = Date.parse('2026-11-21T09:00:00Z');

function begin(schedule: object, more: object = {}) {
  const raw = { task: 'log', input: { message: 'hi' }, schedule, ...more };
  const prepared = prepareDefinition(raw, new TaskRegistry(builtInTasks), now);
  return firstCarry({ project: 'p', jobId: 'a' }, prepared, { createdBy: 'ada' }, now);
}

describe('what the Temporal Web UI shows', () => {
  it('says what, when and for whom', () => {
    const { job } = begin({ every: '1h' }, { owner: 'ops', labels: { tier: 'gold' }, description: 'Says hi.' });
    const text = detailsOf(job);
    for (const part of ['### a', 'Says hi.', '`log`', 'every hour', 'ops', '`tier=gold`', 'ada'])
      expect(text).toContain(part);
  });

  it('stays within what Temporal takes, without half characters', () => {
    const summary = summaryOf('log', 'ü'.repeat(500));
    expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(400);
    expect(summary).toMatch(/ü…$/);
  });
});

describe('firstCarry', () => {
  it('starts counting now; an immediate job is due at once', () => {
    expect(begin({ every: '1h' })).toMatchObject({
      cursor: '2026-11-21T09:00:00Z',
      job: { revision: 2, state: 'scheduled' },
    });
    const immediate = begin({ immediate: true });
    expect(immediate.plan.entries).toEqual([{ at: '2026-11-21T09:00:00Z', wake: '2026-11-21T09:00:00Z' }]);
    expect(immediate.cursor < '2026-11-21T09:00:00Z').toBe(true);
  });
});
