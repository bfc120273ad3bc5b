import type { SlotPermit } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { WorkflowTaskSlots } from '../../../src/worker/workflow-task-slots.js';

/** Takes as many tasks as it is given at once. */
function taken(slots: WorkflowTaskSlots): SlotPermit[] {
  const permits: SlotPermit[] = [];
  for (let permit = slots.tryReserveSlot(); permit; permit = slots.tryReserveSlot()) permits.push(permit);
  return permits;
}

test('32 tasks wait for the processor, and beside them any number whose activity runs', async () => {
  const slots = new WorkflowTaskSlots(200);
  expect(taken(slots)).toHaveLength(32);
  const ends: (() => void)[] = [];
  const activities = Array.from({ length: 32 }, () =>
    slots.beside(() => new Promise<void>((resolve) => ends.push(resolve))),
  );
  expect(taken(slots)).toHaveLength(32);
  // Once it has ended its task needs the processor again.
  for (const end of ends) end();
  await Promise.all(activities);
  expect(taken(slots)).toHaveLength(0);
});

test('there is an end: what waits for activities is bounded as well', () => {
  const slots = new WorkflowTaskSlots(40);
  for (let activity = 0; activity < 100; activity += 1) void slots.beside(() => new Promise(() => {}));
  expect(taken(slots)).toHaveLength(40);
});

test('who polls is given a slot in turn: when a task is done, when an activity begins, and not when it gave up', async () => {
  const slots = new WorkflowTaskSlots(200);
  taken(slots);
  const given: string[] = [];
  const leaving = new AbortController();
  const poll = (name: string, signal = new AbortController().signal) =>
    slots.reserveSlot(undefined, signal).then(
      () => given.push(name),
      (reason) => given.push(`${name} ${reason}`),
    );
  const polls = [poll('a'), poll('b', leaving.signal), poll('c'), poll('d')];
  leaving.abort('left');
  slots.releaseSlot();
  slots.releaseSlot();
  await Promise.all(polls.slice(0, 3));
  expect(given.sort()).toEqual(['a', 'b left', 'c']);
  void slots.beside(() => new Promise(() => {}));
  await polls[3];
  expect(given).toContain('d');
});

test('a slot that no task came for is given back', () => {
  const slots = new WorkflowTaskSlots(1);
  slots.tryReserveSlot();
  expect(slots.tryReserveSlot()).toBeNull();
  slots.releaseSlot();
  expect(slots.tryReserveSlot()).not.toBeNull();
});
