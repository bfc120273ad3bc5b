import { expect, test } from 'vitest';
import { z } from 'zod';
import type { JobSnapshot } from '../../src/core/contract.js';
import { defineTask } from '../../src/core/task/task.js';
import { useRig } from '../rig/rig.js';

/** Longer than a workflow task may take before it is prolonged, with the half second it is held. */
const slow = defineTask({
  name: 'slow',
  lane: 'light',
  input: z.strictObject({}),
  run: () => new Promise<void>((pass) => setTimeout(pass, 1500)),
});

/*
 * Core takes a workflow task that was prolonged for a local activity and the one after it for one, on replay, if the
 * first left no command: the workflow then saw another time than when it ran, and decided otherwise.
 */
test('light runs that outlast their workflow task replay to what they were', async () => {
  const rig = await useRig({ tasks: [slow] });
  const ids = ['a', 'b', 'c'];
  for (const id of ids) {
    const ref = { project: rig.project, id, task: 'slow', input: {} };
    await rig.client.jobs.create.mutate({ ...ref, catchUp: { policy: 'none' }, schedule: { every: '1s' } });
  }
  for (const id of ids) {
    await rig.ended(id, 10);
    await rig.client.jobs.cancel.mutate({ project: rig.project, id });
    const lived: JobSnapshot = await rig.handle(id).result();
    expect(lived.counters.succeeded).toBeGreaterThanOrEqual(3);
    // A closed workflow is out of memory: the query replays it.
    const replayed: JobSnapshot = await rig.handle(id).query('snapshot');
    expect(replayed.counters).toEqual(lived.counters);
    expect(replayed.lastRun).toEqual(lived.lastRun);
  }
});
