import { describe, expect, it } from 'vitest';
import type { BackfillSnapshot } from '../../../src/core/backfill/contract.js';
import type { BackfillKey, Page } from '../../../src/store/store.js';
import type { Bench } from '../conformance.js';
import { entry, newProject, snapshot, times } from '../sample.js';

function backfill(project: string, backfillId: string, changes: Partial<BackfillSnapshot> = {}): BackfillSnapshot {
  return {
    ...{ project, backfillId, jobId: 'a', revision: 1, state: 'running', definitionVersion: 1 },
    request: {
      ...{ from: '2026-01-01T00:00:00Z', to: '2026-02-01T00:00:00Z', maxActiveRuns: 1, priority: 5 },
      ...{ rerun: 'missing', order: 'oldest' },
    },
    progress: {
      ...{ total: 0, exact: false, succeeded: 0, failed: 0, timedOut: 0, cancelled: 0, skipped: 0, excluded: 0 },
      ...{ running: 0, remaining: 0, percent: 0, reached: null },
    },
    ...{ pause: null, createdAt: '2026-11-21T09:00:00Z', closedAt: null, closeReason: null },
    ...changes,
  };
}

export function describeBackfills(bench: Bench): void {
  describe('backfills', () => {
    it('keep every field', async () => {
      const base = backfill(newProject(), 'x');
      const full = backfill(base.project, 'x', {
        ...{ revision: 5_000_000_000, state: 'cancelled', definitionVersion: 7, createdBy: 'ann' },
        request: { ...base.request, input: { nested: [1, null] }, note: 'Ärger & "quotes"' },
        progress: { ...base.progress, total: 9, exact: true, percent: 33, reached: '2026-01-03T00:00:00Z' },
        pause: { note: 'hot', by: 'ann', since: '2026-11-21T10:00:00Z' },
        ...{ closedAt: '2026-11-21T11:00:00.123Z', closeReason: 'enough' },
      });
      await bench.store.backfills.save(full);
      const { updatedAt, ...row } = (await bench.store.backfills.get(full.project, 'x')) ?? {};
      expect(row).toStrictEqual(full);
      expect(updatedAt).toMatch(/Z$/);
      expect(await bench.store.backfills.get(full.project, 'y')).toBeUndefined();
    });

    it('are replaced by higher revisions only, and never by another job of the same id', async () => {
      const { backfills } = bench.store;
      const project = newProject();
      const state = async () => (await backfills.get(project, 'x'))?.state;
      await backfills.save(backfill(project, 'x', { revision: 3, state: 'paused' }));
      await backfills.save(backfill(project, 'x', { revision: 2 }));
      await backfills.save(backfill(project, 'x', { revision: 3 }));
      expect(await state()).toBe('paused');
      await backfills.save(backfill(project, 'x', { revision: 9, jobId: 'b', state: 'failed' }));
      expect(await state()).toBe('paused');
      await backfills.save(backfill(project, 'x', { revision: 4, state: 'completed' }));
      expect(await state()).toBe('completed');
    });

    it('are listed newest first, by job and state, in pages', async () => {
      const { backfills } = bench.store;
      const project = newProject();
      // Two share each time, so that pages break between equal ones too.
      const moments = times(10);
      const all = Array.from({ length: 20 }, (_, index) =>
        backfill(project, `f${index}`, {
          createdAt: moments[index >> 1],
          jobId: index % 4 === 0 ? 'b' : 'a',
          state: index < 5 ? 'failed' : 'running',
        }),
      );
      for (const one of all) await backfills.save(one);
      const walk = async (filter: object) => {
        const ids: string[] = [];
        for (let after: BackfillKey | null = null, first = true; first || after; first = false) {
          const page: Page<BackfillSnapshot, BackfillKey> = await backfills.list(
            { project, ...filter },
            { limit: 3, after },
          );
          ids.push(...page.items.map(({ backfillId }) => backfillId));
          after = page.next;
        }
        return ids;
      };
      const idsOf = (list: BackfillSnapshot[]) => list.map(({ backfillId }) => backfillId);
      expect(await walk({})).toEqual(
        idsOf([...all].sort((a, b) => (`${a.createdAt}${a.backfillId}` < `${b.createdAt}${b.backfillId}` ? 1 : -1))),
      );
      expect((await walk({ jobId: 'b' })).sort()).toEqual(idsOf(all.filter(({ jobId }) => jobId === 'b')).sort());
      expect((await walk({ state: ['failed'] })).sort()).toEqual(['f0', 'f1', 'f2', 'f3', 'f4']);
    });

    it('learn how the last run of each nominal time ended, whatever asked for it', async () => {
      const { store } = bench;
      const project = newProject();
      const [one, two, three, four, five] = times(5) as [string, string, string, string, string];
      const ended = (runId: string, scheduledAt: string, state: 'succeeded' | 'failed' | 'cancelled', at: string) =>
        entry(runId, { scheduledAt, state, finishedAt: at });
      const entries = [
        ended('a@1', one, 'succeeded', '2026-11-21T10:00:00Z'),
        ended('a@1!x', one, 'failed', '2026-11-21T11:00:00Z'),
        ended('a@2', two, 'failed', '2026-11-21T10:00:00Z'),
        entry('a@2!x', { scheduledAt: two, state: 'running', trigger: 'backfill' }),
        entry('a@3', { scheduledAt: three, state: 'skipped', reason: 'overlap', finishedAt: three, attempt: 0 }),
        ended('a@4', four, 'cancelled', '2026-11-21T10:00:00Z'),
      ];
      const elsewhere = [ended('b@5', five, 'succeeded', '2026-11-21T10:00:00Z')];
      await store.write([
        { snapshot: snapshot(project, 'a'), entries },
        { snapshot: snapshot(project, 'b'), entries: elsewhere },
      ]);
      const last = await store.backfills.lastRuns(project, 'a', [one, two, three, four, five]);
      expect([...last].sort()).toEqual([
        [one, 'failed'],
        [two, 'running'],
      ]);
      expect(await store.backfills.lastRuns(project, 'a', [])).toEqual(new Map());
    });
  });
}
