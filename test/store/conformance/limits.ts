import { describe, expect, it } from 'vitest';
import type { Bench } from '../conformance.js';
import { newProject, snapshot } from '../sample.js';

const day = '2026-11-21';

export function describeLimits(bench: Bench): void {
  describe('limits', () => {
    it('give out of a bucket what is there and no more, however many ask at once', async () => {
      const id = newProject();
      const slow = { rate: 0.001, burst: 10 };
      const leases = await Promise.all(Array.from({ length: 8 }, () => bench.store.rateBuckets.lease(id, 3, slow)));
      expect(leases.map(({ granted }) => granted).sort()).toEqual([0, 0, 0, 0, 1, 3, 3, 3]);
      const { granted, left } = await bench.store.rateBuckets.lease(id, 1, slow);
      expect(granted).toBe(0);
      expect(left).toBeLessThan(0.1);
      // A thousand tokens a second fill it in no time, and not above its burst.
      const fast = { rate: 1000, burst: 10 };
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(await bench.store.rateBuckets.lease(id, 100, fast)).toMatchObject({ granted: 10 });
    });

    it('grant the runs of a day in blocks that get smaller, up to the quota', async () => {
      const project = newProject();
      const blocks: number[] = [];
      for (let block = -1; block !== 0; blocks.push(block))
        block = await bench.store.quotas.takeRuns(project, day, 1000);
      expect(blocks[0]).toBe(50);
      expect(blocks.reduce((sum, block) => sum + block, 0)).toBe(1000);
      expect(await bench.store.quotas.runs(project, day)).toBe(1000);
      expect(await bench.store.quotas.takeRuns(project, '2026-11-22', 1000)).toBe(50);
      expect(await bench.store.quotas.takeRuns(project, day, 10)).toBe(0);
      expect(await bench.store.quotas.takeRuns(newProject(), day, 0)).toBe(0);
    });

    it('grant workers that ask at once no more than the quota', async () => {
      const project = newProject();
      const blocks = await Promise.all(Array.from({ length: 30 }, () => bench.store.quotas.takeRuns(project, day, 7)));
      expect(blocks.reduce((sum, block) => sum + block, 0)).toBe(7);
    });

    it('count the jobs of a project that have not ended', async () => {
      const project = newProject();
      const closed = { state: 'cancelled' as const, closedAt: '2026-11-21T09:00:00Z', nextRunAt: null };
      await bench.store.write([
        ...['a', 'b', 'c'].map((id) => ({ snapshot: snapshot(project, id), entries: [] })),
        { snapshot: snapshot(project, 'd', closed), entries: [] },
      ]);
      expect(await bench.store.quotas.openJobs(project, 10)).toBe(3);
      expect(await bench.store.quotas.openJobs(project, 2)).toBe(2);
    });

    it('forget what is old', async () => {
      const project = newProject();
      await bench.store.quotas.takeRuns(project, '2001-01-01', 10);
      expect(await bench.store.quotas.sweep('2001-01-02')).toBe(1);
      expect(await bench.store.quotas.runs(project, '2001-01-01')).toBe(0);
      await bench.store.rateBuckets.lease(project, 1, { rate: 1, burst: 1 });
      expect(await bench.store.rateBuckets.sweep(3_600_000)).toBe(0);
      const claim = { id: project, request: 'a', holder: 'one', leaseMs: 1000, keepMs: 1000 };
      await bench.store.idempotency.claim(claim);
      expect(await bench.store.idempotency.sweep(3_600_000)).toBe(0);
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(await bench.store.idempotency.sweep(1)).toBeGreaterThanOrEqual(1);
      expect(await bench.store.idempotency.claim({ ...claim, request: 'b' })).toEqual({ state: 'claimed' });
    });
  });
}
