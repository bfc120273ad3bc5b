import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.js';

/** What a project may use; undefined: as much as it likes. */
export interface ProjectQuotas {
  /** Jobs that have not ended. */
  jobs?: number;
  /** Runs that begin on one day, by UTC. */
  runsPerDay?: number;
  /** Bytes of one input, as JSON. */
  payloadBytes?: number;
}

/** What projects may use, and what they have used. A day is `2026-11-21`. */
export interface QuotaStore {
  /** Undefined for a project without a row. */
  of(project: string): Promise<ProjectQuotas | undefined>;
  /** Jobs of the project that have not ended; counted no further than `most`. */
  openJobs(project: string, most: number): Promise<number>;
  /** Runs that were granted on the day. */
  runs(project: string, day: string): Promise<number>;
  /**
   * Takes some of what is left of a day's runs: a twentieth, at least one and at most 100, so that workers need not ask
   * for each run, and little is lost with a worker that stops. All that is ever granted is no more than `quota`.
   * @returns how many; 0 when the quota is used up
   */
  takeRuns(project: string, day: string, quota: number): Promise<number>;
  /** Forgets days before this one. @returns how many rows */
  sweep(before: string): Promise<number>;
}

export function quotaStore(db: Kysely<Database>): QuotaStore {
  return {
    async of(project) {
      const { rows } = await sql<Record<'jobs' | 'runs' | 'bytes', number | null>>`
        select quota_jobs as jobs, quota_runs_per_day as runs, quota_payload_bytes as bytes
        from projects where name = ${project}
      `.execute(db);
      const [row] = rows;
      if (!row) return undefined;
      return {
        ...(row.jobs !== null && { jobs: Number(row.jobs) }),
        ...(row.runs !== null && { runsPerDay: Number(row.runs) }),
        ...(row.bytes !== null && { payloadBytes: Number(row.bytes) }),
      };
    },

    async openJobs(project, most) {
      const { rows } = await sql<{ count: number }>`
        select count(*) as count from (
          select from jobs where project = ${project} and closed_at is null limit ${most}) as open
      `.execute(db);
      return Number(rows[0]?.count ?? 0);
    },

    async runs(project, day) {
      const { rows } = await sql<{ runs: number }>`
        select runs from project_usage where project = ${project} and day = ${day}::date
      `.execute(db);
      return Number(rows[0]?.runs ?? 0);
    },

    async takeRuns(project, day, quota) {
      const share = (used: ReturnType<typeof sql>) =>
        sql`least(greatest(1, least(100, (${quota}::bigint - ${used}) / 20)), greatest(0, ${quota}::bigint - ${used}))`;
      const first = share(sql`0`);
      const more = share(sql`usage.runs`);
      const { rows } = await sql<{ granted: number }>`
        insert into project_usage as usage (project, day, runs, granted)
        values (${project}, ${day}::date, ${first}, ${first})
        on conflict (project, day) do update set granted = ${more}, runs = usage.runs + ${more}
        returning granted
      `.execute(db);
      return Number(rows[0]?.granted ?? 0);
    },

    async sweep(before) {
      const { numAffectedRows } = await sql`delete from project_usage where day < ${before}::date`.execute(db);
      return Number(numAffectedRows ?? 0);
    },
  };
}
