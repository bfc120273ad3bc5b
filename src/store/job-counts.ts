import { type Kysely, sql } from 'kysely';
import type { JobState } from '../core/states.js';
import { type JobFilter, jobConditions } from './jobs.js';
import type { Database } from './schema.js';
import { searched } from './search.js';

/** States that no job is in are left out. */
export type JobCounts = Partial<Record<JobState, number>>;

export interface JobCounter {
  /**
   * All jobs of a project, by state. It reads an index, all of the project: for 100,000 jobs tens of milliseconds. Bound
   * to 30 s, one at a time.
   */
  all(project: string): Promise<{ counts: JobCounts; asOf: string }>;
  /** Jobs that fit, by state, of the first `bound` found. */
  matching(filter: JobFilter, bound: number): Promise<{ counts: JobCounts; asOf: string }>;
}

interface CountRow {
  state: JobState | null;
  count: number;
  asOf: string;
}

export function jobCounter(db: Kysely<Database>, patient: Kysely<Database>): JobCounter {
  return {
    async all(project) {
      // The row without a state is there without jobs too: it carries the time.
      const { rows } = await sql<CountRow>`
        select state, count(*) as count, now() as "asOf" from jobs
        where project = ${project} and deleted_at is null
        group by grouping sets ((state), ())
      `.execute(patient);
      return countsOf(rows);
    },

    async matching(asked, bound) {
      const filter = await searched(db, asked);
      const found = db
        .selectFrom('jobs')
        .select('state')
        .where((where) => where.and(jobConditions(where, filter)))
        .limit(bound);
      const { rows } = await sql<CountRow>`
        select state, count(*) as count, now() as "asOf" from (${found}) as found group by grouping sets ((state), ())
      `.execute(db);
      return countsOf(rows);
    },
  };
}

function countsOf(rows: CountRow[]) {
  const counts: JobCounts = {};
  for (const { state, count } of rows) if (state !== null) counts[state] = count;
  return { counts, asOf: rows[0]?.asOf as string };
}
