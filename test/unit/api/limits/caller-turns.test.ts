import { expect, test } from 'vitest';
import { CallerTurns } from '../../../../src/api/limits/caller-turns.js';

/** Takes turns, and tells who has one. */
function line(turns: CallerTurns) {
  const ends = new Map<string, (() => void)[]>();
  return {
    async ask(caller: string, times = 1) {
      for (let time = 0; time < times; time += 1) {
        void turns.take(caller).then((end) => ends.set(caller, [...(ends.get(caller) ?? []), end]));
      }
      await new Promise(setImmediate);
    },
    running: (caller: string) => ends.get(caller)?.length ?? 0,
    async end(caller: string) {
      ends.get(caller)?.shift()?.();
      await new Promise(setImmediate);
    },
  };
}

test('a caller alone has many turns; when another asks, few, and the other has one at once', async () => {
  let now = 0;
  const all = line(new CallerTurns(() => now));
  await all.ask('greedy', 100);
  expect(all.running('greedy')).toBe(32);
  await all.ask('polite');
  expect(all.running('polite')).toBe(1);
  // Those at work end; only when fewer than its share are left does another begin.
  for (let ended = 0; ended < 30; ended += 1) await all.end('greedy');
  expect(all.running('greedy')).toBe(2);
  await all.end('greedy');
  expect(all.running('greedy')).toBe(2);
  // A while after the other has gone, it has the process for itself again.
  await all.end('polite');
  now += 1001;
  await all.end('greedy');
  expect(all.running('greedy')).toBe(32);
});

test('who asks for more than it may has one turn beside others, until it keeps its limit for a while', async () => {
  let now = 0;
  const turns = new CallerTurns(() => now);
  const all = line(turns);
  await all.ask('greedy', 100);
  await all.ask('polite');
  turns.refused('greedy');
  turns.refused('nobody known');
  for (let ended = 0; ended < 32; ended += 1) await all.end('greedy');
  expect(all.running('greedy')).toBe(1);
  now = 1001;
  await all.ask('polite');
  await all.end('greedy');
  expect(all.running('greedy')).toBe(2);
});

test('everybody has two turns, however many ask, and nobody is left waiting', async () => {
  const all = line(new CallerTurns(() => 0));
  const callers = Array.from({ length: 50 }, (_, at) => `caller-${at}`);
  for (const caller of callers) await all.ask(caller, 3);
  expect(all.running('caller-49')).toBe(2);
  for (const caller of callers) await all.end(caller);
  for (const caller of callers) expect(all.running(caller)).toBeGreaterThanOrEqual(2);
});

test('a turn that is ended twice is one turn', async () => {
  const turns = new CallerTurns(() => 0);
  const [first, other] = [await turns.take('a'), await turns.take('b')];
  await turns.take('a');
  let went = 0;
  for (let time = 0; time < 2; time += 1) void turns.take('a').then(() => went++);
  first();
  first();
  await new Promise(setImmediate);
  expect(went).toBe(1);
  other();
});
