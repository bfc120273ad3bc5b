import pg from 'pg';
import { describe, expect, it } from 'vitest';
import type { Change, ChangeKey } from '../../../src/store/store.js';
import type { Bench } from '../conformance.js';
import { entry, newProject, snapshot } from '../sample.js';

export function describeChanges(bench: Bench): void {
  describe('changes', () => {
    it('are jobs and runs as they stand, without what they carry, page by page in the order of time', async () => {
      const project = newProject();
      const from = await bench.store.changes.now();
      const write = (job: string, runs: string[]) =>
        bench.store.write([
          {
            snapshot: snapshot(project, job),
            entries: runs.map((run) => entry(run, { result: 'secret', state: 'skipped', reason: 'overlap' })),
          },
        ]);
      await write('b', ['b@1', 'b@2']);
      await write('a', ['a@1']);
      const all: Change[] = [];
      for (let after: ChangeKey | null | undefined; after !== null; ) {
        const page = await bench.store.changes.since(from, { limit: 2, after });
        expect(page.items.length).toBeLessThanOrEqual(2);
        all.push(...page.items.filter((change) => change.project === project));
        after = page.next;
      }
      const job = { kind: 'job', project, state: 'scheduled', revision: 2, at: expect.any(String) };
      const run = { kind: 'run', project, state: 'skipped', reason: 'overlap', attempt: 1, at: expect.any(String) };
      const asked = { scheduledAt: '2026-11-21T09:00:00Z', trigger: 'schedule' };
      expect(all).toEqual([
        { ...job, jobId: 'b' },
        { ...run, ...asked, jobId: 'b', runId: 'b@1' },
        { ...run, ...asked, jobId: 'b', runId: 'b@2' },
        { ...job, jobId: 'a' },
        { ...run, ...asked, jobId: 'a', runId: 'a@1' },
      ]);
      const later = new Date(Date.parse(all.at(-1)?.at as string) + 1).toISOString();
      expect(
        (await bench.store.changes.since(later, { limit: 9 })).items.filter((one) => one.project === project),
      ).toEqual([]);
    });

    it('are found by indexes, not by reading all there is', async () => {
      const client = new pg.Client({ connectionString: bench.url });
      await client.connect();
      for (const [table, column] of [
        ['jobs', 'updated_at'],
        ['runs', 'recorded_at'],
      ]) {
        const { rows } = await client.query(
          `explain select * from ${table} where ${column} >= now() - interval '5 s' order by ${column}, project limit 10`,
        );
        expect(JSON.stringify(rows)).toContain(`${table}_changed`);
      }
      await client.end();
    });
  });
}
