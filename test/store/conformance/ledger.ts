import { describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../../../src/core/contract.js';
import { createStore, type LedgerBatch } from '../../../src/store/store.js';
import { type Bench, patient } from '../conformance.js';
import { definition, entry, newProject, shuffled, snapshot, times } from '../sample.js';

/** What becomes of a run that the ledger has when news of it arrive. */
const news: [known: Partial<LedgerEntry>, arriving: Partial<LedgerEntry>, outcome: 'replaced' | 'kept'][] = [
  [{ state: 'running', attempt: 1 }, { state: 'succeeded', attempt: 1 }, 'replaced'],
  [{ state: 'running', attempt: 1 }, { state: 'retrying', attempt: 1 }, 'replaced'],
  [{ state: 'retrying', attempt: 1 }, { state: 'running', attempt: 1 }, 'kept'],
  [{ state: 'retrying', attempt: 1 }, { state: 'running', attempt: 2 }, 'replaced'],
  [{ state: 'running', attempt: 2 }, { state: 'retrying', attempt: 1 }, 'kept'],
  [{ state: 'running', attempt: 2 }, { state: 'running', attempt: 2 }, 'kept'],
  [{ state: 'queued', attempt: 0 }, { state: 'running', attempt: 1 }, 'replaced'],
  [{ state: 'scheduled', attempt: 0 }, { state: 'queued', attempt: 0 }, 'replaced'],
  [{ state: 'running', attempt: 3 }, { state: 'cancelled', attempt: 1 }, 'replaced'],
  [{ state: 'queued', attempt: 0 }, { state: 'skipped', attempt: 0 }, 'replaced'],
  [{ state: 'succeeded', attempt: 1 }, { state: 'running', attempt: 2 }, 'kept'],
  [{ state: 'succeeded', attempt: 1 }, { state: 'failed', attempt: 2 }, 'kept'],
  [{ state: 'missed', attempt: 0 }, { state: 'succeeded', attempt: 1 }, 'kept'],
  [{ state: 'timed_out', attempt: 1 }, { state: 'cancelled', attempt: 1 }, 'kept'],
];

export function describeLedger(bench: Bench): void {
  describe('writes', () => {
    it('keeps each failed attempt once, whatever becomes of the run', async () => {
      const project = newProject();
      const failure = (attempt: number): Partial<LedgerEntry> => ({
        state: 'retrying',
        attempt,
        error: { code: 'HTTP_STATUS', message: `got 50${attempt}` },
        errorFingerprint: 'HTTP_STATUS got #',
        failedAttempt: {
          attempt,
          state: attempt === 2 ? 'timed_out' : 'failed',
          finishedAt: times(3)[attempt - 1] as string,
          error: { code: 'HTTP_STATUS', message: `got 50${attempt}` },
          ...(attempt === 1 && { startedAt: times(1)[0], causes: [{ code: 'EPIPE', message: 'gone' }], worker: 'w' }),
        },
      });
      const job = snapshot(project, 'a');
      // One statement holds the news of two attempts; the second write repeats them, after the run has ended.
      await bench.store.write([{ snapshot: job, entries: [entry('a@1', failure(1)), entry('a@1', failure(2))] }]);
      await bench.store.write([{ snapshot: job, entries: [entry('a@1', { attempt: 3 })] }]);
      await bench.store.write([{ snapshot: job, entries: [entry('a@1', failure(2))] }]);
      const attempts = await bench.store.attempts.list(project, 'a@1');
      expect(attempts).toEqual([1, 2].map((attempt) => failure(attempt).failedAttempt));
      const run = await bench.store.runs.get(project, 'a@1');
      expect(run).toMatchObject({ state: 'succeeded', attempt: 3 });
      expect(run).not.toHaveProperty('errorFingerprint');
      expect(await bench.store.attempts.list(project, 'a@2')).toEqual([]);
    });

    it('tells of many runs at once how those ended that have', async () => {
      const [project, other] = [newProject(), newProject()];
      const failed = entry('a@2', {
        ...{ state: 'failed', attempt: 2, trigger: 'manual', detail: 'by hand', reason: 'by_task' },
        ...{ startedAt: '2026-11-21T09:00:00.250Z', finishedAt: '2026-11-21T09:00:01Z' },
        ...{ effectiveAt: '2026-11-21T09:00:00Z', error: { code: 'HTTP_STATUS', message: 'got 500' } },
      });
      const entries = [entry('a@1', { state: 'running' }), failed, entry('a@3', { state: 'missed', attempt: 0 })];
      await bench.store.write([
        { snapshot: snapshot(project, 'a'), entries },
        { snapshot: snapshot(other, 'a'), entries: [entry('a@1')] },
      ]);
      const asked = [...[1, 2, 3, 4].map((n) => ({ project, runId: `a@${n}` })), { project: other, runId: 'a@1' }];
      const ended = await bench.store.runs.ended(asked);
      const found = new Map(ended.map((one) => [`${one.project} ${one.summary.runId}`, one.summary]));
      expect([...found.keys()].sort()).toEqual([`${project} a@2`, `${project} a@3`, `${other} a@1`].sort());
      const { definitionVersion, ...summary } = failed;
      expect(found.get(`${project} a@2`)).toEqual(summary);
      expect(await bench.store.runs.ended([])).toEqual([]);
    });

    it('lets the highest revision win under 50 concurrent writers', async () => {
      const project = newProject();
      const stores = Array.from({ length: 5 }, () => createStore({ url: bench.url, ...patient }));
      const revisions = shuffled(
        Array.from({ length: 50 }, (_, index) => index + 1),
        1,
      );
      await Promise.all(
        revisions.map((revision, index) =>
          stores[index % 5]?.write([
            { snapshot: snapshot(project, 'a', { revision, words: `revision ${revision}` }), entries: [] },
          ]),
        ),
      );
      expect(await bench.store.jobs.get(project, 'a')).toMatchObject({ revision: 50, words: 'revision 50' });

      await bench.store.write([
        { snapshot: snapshot(project, 'a', { revision: 50, words: 'the same again' }), entries: [] },
      ]);
      await bench.store.write([{ snapshot: snapshot(project, 'a', { revision: 49, words: 'older' }), entries: [] }]);
      expect(await bench.store.jobs.get(project, 'a')).toMatchObject({ revision: 50, words: 'revision 50' });
      await Promise.all(stores.map((store) => store.close()));
    });

    it('notes how far a run is while it runs, and keeps it with its end', async () => {
      const project = newProject();
      const at = '2026-11-21T09:00:01Z';
      const write = (...entries: LedgerEntry[]) => bench.store.write([{ snapshot: snapshot(project, 'a'), entries }]);
      const note = (runId: string, attempt: number, done: number) =>
        bench.store.writeProgress([{ project, runId, attempt, progress: { done, total: 9, at } }]);
      const progress = async (runId: string) => (await bench.store.runs.get(project, runId))?.progress?.done;
      await bench.store.writeProgress([]);
      await note('a@1', 1, 1);
      expect(await bench.store.runs.get(project, 'a@1')).toBeUndefined();
      await write(entry('a@1', { state: 'running' }), entry('a@2', { state: 'running', attempt: 2 }));
      await bench.store.writeProgress(
        ['a@2', 'a@1', 'a@3'].map((runId, index) => ({
          project,
          runId,
          attempt: 1,
          progress: { done: index + 5, at },
        })),
      );
      expect([await progress('a@1'), await progress('a@2')]).toEqual([6, undefined]);
      const log = { lines: 3, bytes: 99, chunks: 1 };
      await write(entry('a@1', { state: 'retrying', log }));
      await note('a@1', 1, 7);
      expect(await progress('a@1')).toBe(6);
      // The workflow ends it and knows of neither.
      await write(entry('a@1', { state: 'cancelled' }));
      expect(await bench.store.runs.get(project, 'a@1')).toMatchObject({
        state: 'cancelled',
        log,
        progress: { done: 6 },
      });
      const known = { progress: { done: 8, at }, log };
      await write(entry('a@4', { state: 'retrying', ...known }), entry('a@4', { state: 'cancelled' }));
      expect(await bench.store.runs.get(project, 'a@4')).toMatchObject({ state: 'cancelled', ...known });
    });

    it('counts only the highest of several snapshots in one write, and keeps the versions of all', async () => {
      const project = newProject();
      const versions = [3, 1, 4, 2].map((version) => ({
        snapshot: snapshot(project, 'a', {
          revision: version * 2,
          definitionVersion: version,
          definition: definition({ description: `version ${version}` }),
        }),
        entries: [],
      }));
      const again = {
        snapshot: snapshot(project, 'a', { revision: 9, definitionVersion: 4, words: 'latest' }),
        entries: [],
      };
      await bench.store.write([...versions, again, ...versions]);

      expect(await bench.store.jobs.get(project, 'a')).toMatchObject({
        revision: 9,
        definitionVersion: 4,
        words: 'latest',
      });
      const { items: kept } = await bench.store.versions.list(project, 'a', { limit: 10 });
      expect(kept.map(({ version }) => version)).toEqual([4, 3, 2, 1]);
      expect(kept[2]?.definition.description).toBe('version 2');
    });

    it('never changes a version once it is written', async () => {
      const project = newProject();
      await bench.store.write([{ snapshot: snapshot(project, 'a', { words: 'first' }), entries: [] }]);
      await bench.store.write([{ snapshot: snapshot(project, 'a', { revision: 4, words: 'second' }), entries: [] }]);
      expect(await bench.store.versions.get(project, 'a', 1)).toMatchObject({ words: 'first' });
    });

    it('has every entry once, however often and in whatever order it is written at the same time', async () => {
      const project = newProject();
      const stores = Array.from({ length: 4 }, () => createStore({ url: bench.url, ...patient }));
      const batches: LedgerBatch[] = Array.from({ length: 10 }, (_, job) => ({
        snapshot: snapshot(project, `job-${job}`),
        entries: times(10).map((scheduledAt) => entry(`job-${job}@${scheduledAt}`, { scheduledAt, result: { job } })),
      }));
      await Promise.all(
        Array.from({ length: 20 }, (_, writer) => stores[writer % 4]?.write(shuffled(batches, writer))),
      );

      const { items, next } = await bench.store.runs.list({ project }, { limit: 500 });
      expect(next).toBeNull();
      expect(new Set(items.map(({ runId }) => runId)).size).toBe(100);
      expect(items).toHaveLength(100);
      expect(
        items.every(
          ({ runId, jobId, result }) =>
            runId.startsWith(`${jobId}@`) && jobId === `job-${(result as { job: number }).job}`,
        ),
      ).toBe(true);
      await Promise.all(stores.map((store) => store.close()));
    });

    it.each(news)('of a run %j, then %j: %s', async (known, arriving, outcome) => {
      const project = newProject();
      const job = snapshot(project, 'a');
      const first = entry('a@1', { ...known, worker: 'first' });
      const second = entry('a@1', { ...arriving, worker: 'second' });
      await bench.store.write([{ snapshot: job, entries: [first] }]);
      await bench.store.write([{ snapshot: job, entries: [second] }]);
      // The same rule holds for news that travel together.
      await bench.store.write([
        {
          snapshot: snapshot(project, 'b'),
          entries: [
            { ...first, runId: 'b@1' },
            { ...second, runId: 'b@1' },
          ],
        },
      ]);

      const attempt = Math.max(first.attempt, second.attempt);
      const expected =
        outcome === 'replaced' ? { ...arriving, attempt, worker: 'second' } : { ...known, worker: 'first' };
      expect(await bench.store.runs.get(project, 'a@1')).toMatchObject(expected);
      expect(await bench.store.runs.get(project, 'b@1')).toMatchObject(expected);
    });

    it('forgets what the older state of a run said', async () => {
      const project = newProject();
      const job = snapshot(project, 'a');
      const retrying = entry('a@1', {
        state: 'retrying',
        error: { code: 'HTTP_STATUS', message: 'got 500' },
        worker: 'w',
      });
      await bench.store.write([{ snapshot: job, entries: [retrying] }]);
      await bench.store.write([{ snapshot: job, entries: [entry('a@1', { attempt: 2 })] }]);
      const run = await bench.store.runs.get(project, 'a@1');
      expect(run).toMatchObject({ state: 'succeeded', attempt: 2 });
      expect(run).not.toHaveProperty('error');
      expect(run).not.toHaveProperty('worker');
    });

    it('writes all or nothing, and says which value was refused', async () => {
      const project = newProject();
      const good = { snapshot: snapshot(project, 'good'), entries: [entry('good@1')] };
      const poisoned = {
        snapshot: snapshot(project, 'bad'),
        entries: [entry('bad@1', { scheduledAt: 'yesterday-ish' })],
      };
      await expect(bench.store.write([good, poisoned])).rejects.toMatchObject({
        code: 'INTERNAL',
        message: expect.stringContaining('yesterday-ish'),
        cause: expect.objectContaining({ code: '22007' }),
      });
      expect(await bench.store.jobs.get(project, 'good')).toBeUndefined();
      expect(await bench.store.runs.get(project, 'good@1')).toBeUndefined();

      await bench.store.write([good]);
      expect(await bench.store.runs.get(project, 'good@1')).toBeDefined();
    });

    it('writes thousands of rows, or none, at once', async () => {
      const project = newProject();
      const entries = times(3000).map((scheduledAt) => entry(`a@${scheduledAt}`, { scheduledAt }));
      await bench.store.write([]);
      await bench.store.write([{ snapshot: snapshot(project, 'a'), entries }]);
      const { items } = await bench.store.runs.list({ project, jobId: 'a' }, { limit: 5000 });
      expect(items).toHaveLength(3000);
    });
  });
}
