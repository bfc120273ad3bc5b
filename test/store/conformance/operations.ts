import { describe, expect, it } from 'vitest';
import type { OperationProgress, OperationRequest } from '../../../src/store/operations.js';
import type { Bench } from '../conformance.js';
import { definition, entry, newProject, snapshot, times } from '../sample.js';

function request(project: string, operationId: string, changes: Partial<OperationRequest> = {}): OperationRequest {
  return {
    ...{ project, operationId, action: 'pause', filter: { labels: { team: 'sales' } }, total: 9 },
    ...{ requester: { caller: 'ada' }, createdAt: '2026-11-21T09:00:00Z' },
    ...changes,
  };
}

const minute = 60_000;
const half: OperationProgress = {
  ...{ done: 2, failed: 1, skipped: 1, errors: [{ id: 'c', code: 'JOB_BUSY', message: 'busy' }] },
  ...{ cursor: { at: '2026-11-21T09:00:00Z', jobId: 'd' }, page: ['e', 'f'], exhausted: true },
};

export function describeOperations(bench: Bench): void {
  describe('operations', () => {
    it('keep what was asked for and how far they are, for whoever holds the lease', async () => {
      const { operations } = bench.store;
      const project = newProject();
      const asked = request(project, 'x', { note: 'why', owners: ['team-a'], createdBy: 'ada' });
      await operations.create(asked);
      const mine = { holder: 'one', ms: minute };
      expect(await operations.claim(mine, asked)).toMatchObject({ ...asked, state: 'running', done: 0, page: null });
      expect(await operations.claim({ holder: 'two', ms: minute }, asked)).toBeUndefined();
      expect(await operations.save(asked, { holder: 'two', ms: minute }, half)).toBeUndefined();
      expect(await operations.save(asked, mine, half)).toBe('running');
      expect(await operations.get(asked)).toMatchObject({ ...asked, ...half });

      expect(await operations.cancel(asked, 'bob')).toMatchObject({ state: 'cancelling', cancelledBy: 'bob' });
      expect(await operations.cancel(asked, 'eve')).toBeUndefined();
      expect(await operations.save(asked, mine)).toBe('cancelling');
      await operations.close(asked, mine, 'cancelled', 'cancelled');
      expect(await operations.get(asked)).toMatchObject({ state: 'cancelled', total: 9, closedAt: expect.any(String) });
      expect(await operations.save(asked, mine)).toBeUndefined();
      expect(await operations.claim(mine, asked)).toBeUndefined();
    });

    it('go to another when they are released, or nothing was heard of their holder', async () => {
      const { operations } = bench.store;
      const ref = request(newProject(), 'x');
      await operations.create(ref);
      const first = { holder: 'one', ms: minute };
      await operations.claim(first, ref);
      await operations.release(ref, first);
      expect(await operations.claim({ holder: 'two', ms: 0 }, ref)).toBeDefined();
      expect(await operations.claim({ holder: 'three', ms: minute }, ref)).toBeDefined();
      expect(await operations.save(ref, { holder: 'two', ms: minute }, half)).toBeUndefined();
      await operations.close(ref, { holder: 'three', ms: minute }, 'succeeded', 'went through all');
      expect(await operations.get(ref)).toMatchObject({ state: 'succeeded', total: 0 });
    });

    it('are listed newest first, by state, in pages', async () => {
      const { operations } = bench.store;
      const project = newProject();
      const moments = times(3);
      for (const [index, createdAt] of moments.entries())
        await operations.create(request(project, `x${index}`, { createdAt }));
      await operations.cancel({ project, operationId: 'x1' }, undefined);
      const first = await operations.list({ project }, { limit: 2 });
      expect(first.items.map(({ operationId }) => operationId)).toEqual(['x2', 'x1']);
      const second = await operations.list({ project }, { limit: 2, after: first.next });
      expect(second).toMatchObject({ items: [{ operationId: 'x0' }], next: null });
      const { items } = await operations.list({ project, state: ['cancelling'] }, { limit: 2 });
      expect(items.map(({ operationId }) => operationId)).toEqual(['x1']);
    });
  });

  describe('jobs for operations', () => {
    it('are counted and gone through by creation, owner and the time of asking; deleted ones are not there', async () => {
      const { jobs, write } = bench.store;
      const project = newProject();
      const moments = times(5) as [string, string, string, string, string];
      const owners = ['team-a', 'team-b', undefined, 'team-a', 'team-a'];
      const batches = moments.map((createdAt, index) => ({
        snapshot: snapshot(project, `j${index}`, { createdAt, definition: definition({ owner: owners[index] }) }),
        entries: [],
      }));
      await write(batches);
      const filter = { project, owners: ['team-a'], createdUntil: moments[3] };
      expect(await jobs.count(filter)).toBe(2);
      const first = await jobs.keys(filter, { limit: 1 });
      expect(first.items).toEqual([{ at: moments[3], jobId: 'j3' }]);
      expect(await jobs.keys(filter, { limit: 1, after: first.next })).toMatchObject({
        items: [{ jobId: 'j0' }],
        next: null,
      });
      expect(await jobs.count({ project, owners: [] })).toBe(0);

      const since = await jobs.delete(project, 'j3', 'ada');
      expect(await jobs.delete(project, 'j3', 'eve')).toBe(since);
      expect(await jobs.count(filter)).toBe(1);
      expect(await jobs.get(project, 'j3')).toMatchObject({ deletedAt: since });
      await write([{ snapshot: snapshot(project, 'j3', { revision: 99 }), entries: [] }]);
      expect(await jobs.get(project, 'j3')).toMatchObject({ revision: 99, deletedAt: since });
      expect((await jobs.list({ project }, { limit: 9 })).items).toHaveLength(4);
    });

    it('have runs that are counted by owner and end', async () => {
      const { runs, write } = bench.store;
      const project = newProject();
      const [early, late] = times(2) as [string, string];
      const failed = (runId: string, finishedAt: string) =>
        entry(runId, { state: 'failed', finishedAt, scheduledAt: finishedAt });
      const owned = snapshot(project, 'a', { definition: definition({ owner: 'team-a' }) });
      await write([
        { snapshot: owned, entries: [failed('a@1', early), failed('a@2', late)] },
        { snapshot: snapshot(project, 'b'), entries: [failed('b@1', early)] },
      ]);
      expect(await runs.count({ project, dead: true })).toBe(3);
      expect(await runs.count({ project, dead: true, endedUntil: early })).toBe(2);
      expect(await runs.count({ project, dead: true, endedUntil: early, owners: ['team-a'] })).toBe(1);
      await bench.store.jobs.delete(project, 'a', undefined);
      expect(await runs.count({ project, dead: true })).toBe(1);
    });
  });
}
