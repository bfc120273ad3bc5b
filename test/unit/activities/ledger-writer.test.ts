import { expect, test, vi } from 'vitest';
import { LedgerWriter } from '../../../src/activities/ledger-writer.js';
import { CarillonError } from '../../../src/core/errors.js';
import type { LedgerBatch } from '../../../src/store/store.js';

const batch = (jobId: string) =>
  ({ snapshot: { project: 'p', jobId }, entries: [{ runId: `${jobId}@1` }] }) as unknown as LedgerBatch;
const unavailable = () => new CarillonError('STORE_UNAVAILABLE', 'away');

/** A store whose writes the test settles by hand. */
function handStore() {
  const writes: { jobs: string[]; done: () => void; fail: (error: unknown) => void }[] = [];
  const write = (batches: LedgerBatch[]) =>
    new Promise<void>((done, fail) => writes.push({ jobs: batches.map(({ snapshot }) => snapshot.jobId), done, fail }));
  return { writes, store: { write } };
}

test('while one write is under way the next gathers', async () => {
  const { writes, store } = handStore();
  const writer = new LedgerWriter({ store, now: () => 0 });
  const written = ['a', 'b', 'c'].map((id) => writer.write(batch(id), 1000));
  expect(writes.map(({ jobs }) => jobs)).toEqual([['a']]);
  writes[0]?.done();
  expect(await written[0]).toBe(true);
  await vi.waitFor(() => expect(writes.map(({ jobs }) => jobs)).toEqual([['a'], ['b', 'c']]));
  writes[1]?.done();
  expect(await Promise.all(written)).toEqual([true, true, true]);
});

test('a database that is away is asked once a second, not by every run', async () => {
  const { writes, store } = handStore();
  let now = 0;
  const writer = new LedgerWriter({ store, now: () => now });
  const first = writer.write(batch('a'), 1000);
  writes[0]?.fail(unavailable());
  expect(await first).toBe(false);
  expect(await writer.write(batch('b'), 1000)).toBe(false);
  expect(writes).toHaveLength(1);
  now = 1000;
  const third = writer.write(batch('c'), 1000);
  await vi.waitFor(() => expect(writes).toHaveLength(2));
  writes[1]?.done();
  expect(await third).toBe(true);
});

test('a batch the database refuses does not hold up the others, and is told', async () => {
  const trouble: string[] = [];
  const recorded: string[] = [];
  const store = {
    write: async (batches: LedgerBatch[]) => {
      if (batches.some(({ snapshot }) => snapshot.jobId === 'bad')) throw new CarillonError('INTERNAL', 'refused');
    },
  };
  const writer = new LedgerWriter({
    store,
    now: () => 0,
    onTrouble: (line) => trouble.push(line),
    onRecorded: (entries) => recorded.push(...entries.map(({ jobId }) => jobId)),
  });
  const written = ['first', 'good', 'bad', 'fine'].map((id) => writer.write(batch(id), 1000));
  expect(await Promise.all(written)).toEqual([true, true, false, true]);
  expect(trouble).toHaveLength(1);
  expect(recorded.sort()).toEqual(['fine', 'first', 'good']);
});

test('patience ends before a database that never answers', async () => {
  const writer = new LedgerWriter({ store: { write: () => new Promise<void>(() => {}) }, now: () => 0 });
  expect(await writer.write(batch('a'), 5)).toBe(false);
});
