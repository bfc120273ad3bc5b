import pg from 'pg';
import { describe, expect, it } from 'vitest';
import type { Bench } from '../conformance.js';
import { definition, newProject, snapshot } from '../sample.js';

/** More than a search looks at one by one. */
const jobs = 3500;

export function describeSearch(bench: Bench): void {
  describe('a search for text', () => {
    it('reads the jobs it finds and not all, once the tables were tidied', async () => {
      const { store } = bench;
      const project = newProject();
      const numbers = Array.from({ length: jobs }, (_, number) => number);
      await store.write(
        numbers.map((number) => ({
          snapshot: snapshot(project, `job-${number}`, {
            definition: definition({ description: `Copies w${number}z` }),
          }),
          entries: [],
        })),
      );
      expect(await store.tidy()).toEqual(expect.arrayContaining(['job_versions', 'jobs']));
      expect(await store.tidy()).not.toContain('jobs');

      const before = await rowsRead(bench.url);
      const found = await store.jobs.list({ project, text: 'W1234z' }, { limit: 50 });
      expect(found.items.map(({ jobId }) => jobId)).toEqual(['job-1234']);
      expect((await store.jobCounts.matching({ project, text: 'w12z' }, 100)).counts).toEqual({ scheduled: 1 });
      const rare = await rowsRead(bench.url);
      expect(rare.jobs - before.jobs).toBeLessThan(10);
      expect(rare.job_versions - before.job_versions).toBeLessThan(jobs / 10);
      // What all have is read in the order of the list, a page and no more.
      expect((await store.jobs.list({ project, text: 'copies' }, { limit: 50 })).items).toHaveLength(50);
      expect((await rowsRead(bench.url)).jobs - rare.jobs).toBeLessThan(200);
    }, 60_000);

    it('looks in the definition in force, and in no earlier one', async () => {
      const { store } = bench;
      const project = newProject();
      const described = (description: string) => ({ definition: definition({ description }) });
      await store.write([{ snapshot: snapshot(project, 'a', described('the first')), entries: [] }]);
      await store.write([
        {
          snapshot: snapshot(project, 'a', { ...described('the second'), revision: 3, definitionVersion: 2 }),
          entries: [],
        },
      ]);
      const find = async (text: string) => (await store.jobs.list({ project, text }, { limit: 5 })).items.length;
      expect([await find('first'), await find('second')]).toEqual([0, 1]);
    });
  });
}

/** Rows that statements have looked at so far, by the server's own count. */
async function rowsRead(url: string): Promise<{ jobs: number; job_versions: number }> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('select pg_stat_force_next_flush()');
  const { rows } = await client.query(
    `select relname, (seq_tup_read + coalesce(idx_tup_fetch, 0))::int as read from pg_stat_user_tables
     where relname in ('jobs', 'job_versions')`,
  );
  await client.end();
  return Object.fromEntries(rows.map(({ relname, read }) => [relname, read])) as { jobs: number; job_versions: number };
}
