import { expect, test, vi } from 'vitest';
import { Gathering } from '../../../src/activities/gathering.js';

/** Work that the test ends by hand. */
function handWork(options: { most?: number; restAfter?: (tookMs: number) => number } = {}) {
  const goes: { items: string[]; done: () => void }[] = [];
  const work = (items: string[]) => new Promise<void>((done) => goes.push({ items, done }));
  return { goes, gathering: new Gathering<string>({ work, most: 10, ...options }) };
}
const itemsOf = (goes: { items: string[] }[]) => goes.map(({ items }) => items);

test('what comes alone is done at once, what comes meanwhile together', async () => {
  const { goes, gathering } = handWork();
  for (const item of ['a', 'b', 'c']) gathering.add(item);
  expect(itemsOf(goes)).toEqual([['a']]);
  goes[0]?.done();
  await vi.waitFor(() => expect(itemsOf(goes)).toEqual([['a'], ['b', 'c']]));
  goes[1]?.done();
});

test('one go takes no more than so many', async () => {
  const { goes, gathering } = handWork({ most: 2 });
  for (const item of ['a', 'b', 'c', 'd']) gathering.add(item);
  goes[0]?.done();
  await vi.waitFor(() => expect(goes).toHaveLength(2));
  goes[1]?.done();
  await vi.waitFor(() => expect(itemsOf(goes)).toEqual([['a'], ['b', 'c'], ['d']]));
  goes[2]?.done();
});

test('after work it waits for more, and then does what has come together; what comes later is alone again', async () => {
  vi.useFakeTimers();
  try {
    const { goes, gathering } = handWork({ restAfter: () => 50 });
    gathering.add('a');
    goes[0]?.done();
    await vi.advanceTimersByTimeAsync(10);
    gathering.add('b');
    gathering.add('c');
    await vi.advanceTimersByTimeAsync(39);
    expect(goes).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(itemsOf(goes)).toEqual([['a'], ['b', 'c']]);
    goes[1]?.done();
    await vi.advanceTimersByTimeAsync(50);
    gathering.add('d');
    expect(itemsOf(goes).at(-1)).toEqual(['d']);
  } finally {
    vi.useRealTimers();
  }
});

test('as many as one go takes do not wait for more', async () => {
  const { goes, gathering } = handWork({ most: 2, restAfter: () => 60_000 });
  for (const item of ['a', 'b', 'c']) gathering.add(item);
  goes[0]?.done();
  await vi.waitFor(() => expect(itemsOf(goes)).toEqual([['a'], ['b', 'c']]));
});
