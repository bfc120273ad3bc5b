import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { defineTask } from '../../src/core/task/task.js';
import { type Rig, startRig } from '../rig/rig.js';

/*
 * What a run costs, read from a real server: history events and state transitions. These are promises of the README;
 * they do not depend on how fast the machine is.
 */
const quick = (name: string, lane: 'light' | 'standard' | 'heavy') =>
  defineTask({ name, lane, input: z.strictObject({}), run: () => 'done' });
const tasks = [quick('quick.light', 'light'), quick('quick.standard', 'standard'), quick('quick.heavy', 'heavy')];

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ tasks, heavy: true });
});
afterAll(() => rig.close());

interface Cost {
  transitions: number;
  events: number;
}

async function cost(jobId: string): Promise<Cost> {
  const description = await rig.handle(jobId).describe();
  return {
    transitions: Number(description.raw.workflowExecutionInfo?.stateTransitionCount),
    events: Number(description.historyLength),
  };
}

test.each([
  ['light', 6, 3],
  ['standard', 11, 6],
  ['heavy', 11, 7],
] as const)('a one-off %s job costs %i events and %i state transitions', async (lane, events, transitions) => {
  const id = `once-${lane}`;
  await rig.client.jobs.create.mutate({
    project: rig.project,
    id,
    task: `quick.${lane}`,
    input: {},
    schedule: { immediate: true },
  });
  await rig.handle(id).result();
  expect(await cost(id)).toEqual({ events, transitions });
});

test.concurrent.each([
  ['light', 6, 3],
  ['standard', 11, 6],
  ['heavy', 11, 7],
] as const)('a recurring %s run costs %i events and %i state transitions', async (lane, events, transitions) => {
  // Two jobs that differ in nothing but the number of runs: the difference is the cost of a run.
  const [few, many] = [2, 5];
  const [short, long] = await Promise.all([completed(lane, few), completed(lane, many)]);
  expect({
    events: (long.events - short.events) / (many - few),
    transitions: (long.transitions - short.transitions) / (many - few),
  }).toEqual({ events, transitions });
});

/** A job that made so many runs, each woken for itself. On a machine held up for seconds two fall together: once more. */
async function completed(lane: string, maxRuns: number): Promise<Cost> {
  for (let attempt = 1; ; attempt += 1) {
    const id = `every-${lane}-${maxRuns}-${attempt}`;
    const schedule = { every: '2s', maxRuns };
    await rig.client.jobs.create.mutate({ project: rig.project, id, task: `quick.${lane}`, input: {}, schedule });
    expect(await rig.handle(id).result()).toMatchObject({ state: 'completed', counters: { succeeded: maxRuns } });
    const { events } = await rig.handle(id).fetchHistory();
    const wakes = (events ?? []).filter(({ timerFiredEventAttributes }) => timerFiredEventAttributes).length;
    if (wakes === maxRuns || attempt === 4) return cost(id);
  }
}

test('a run writes nothing to visibility', async () => {
  const id = 'unseen';
  await rig.client.jobs.create.mutate({
    project: rig.project,
    id,
    task: 'quick.light',
    input: {},
    schedule: { every: '1s' },
  });
  await rig.ended(id, 3);
  const history = await rig.handle(id).fetchHistory();
  await rig.client.jobs.cancel.mutate({ project: rig.project, id });
  const upserts = (history.events ?? []).filter(
    (event) => event.upsertWorkflowSearchAttributesEventAttributes || event.workflowPropertiesModifiedEventAttributes,
  );
  expect(upserts).toEqual([]);
});
