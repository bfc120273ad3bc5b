import { type Kysely, sql } from 'kysely';
import type { RunTrigger } from '../core/contract.js';
import type { JobState, NotRunReason, RunState } from '../core/states.js';
import { type Page, type PageRequest, pageOf } from './page.js';
import type { Database } from './schema.js';

/** A job or a run as it stands after it was written, without what it carries. */
export type Change = JobChange | RunChange;

export interface JobChange {
  kind: 'job';
  project: string;
  jobId: string;
  state: JobState;
  revision: number;
  /** When the transaction began that wrote it. */
  at: string;
}

export interface RunChange {
  kind: 'run';
  project: string;
  jobId: string;
  runId: string;
  state: RunState;
  attempt: number;
  scheduledAt: string;
  trigger: RunTrigger;
  reason?: NotRunReason;
  /** When the transaction began that wrote it. */
  at: string;
}

export interface ChangeKey {
  at: string;
  kind: Change['kind'];
  project: string;
  /** Of the job, or of the run. */
  id: string;
}

export interface ChangeReader {
  /** The database's clock, which changes are stamped with. */
  now(): Promise<string>;
  /**
   * What was written last at `from` or later, in all projects, in the order of time; in one statement. A row may become
   * visible later than its time says, by as much as its transaction took.
   */
  since(from: string, page: PageRequest<ChangeKey>): Promise<Page<Change, ChangeKey>>;
}

interface ChangeRow {
  kind: Change['kind'];
  project: string;
  id: string;
  job_id: string;
  state: string;
  revision: number | null;
  attempt: number | null;
  scheduled_at: string | null;
  trigger: RunTrigger | null;
  reason: NotRunReason | null;
  at: string;
}

export function changeReader(db: Kysely<Database>): ChangeReader {
  return {
    async now() {
      const { rows } = await sql<{ now: string }>`select now() as now`.execute(db);
      return (rows[0] as { now: string }).now;
    },

    async since(from, { limit, after }) {
      // The first condition finds the place in the index, the second the one among rows of the same time.
      const begun = (kind: Change['kind'], at: string, id: string) => {
        const time = sql.ref(at);
        const key = sql`(${time}, ${sql.lit(kind)}, project, ${sql.ref(id)})`;
        return after
          ? sql`${time} >= ${after.at}::timestamptz
              and ${key} > (${after.at}::timestamptz, ${after.kind}, ${after.project}, ${after.id})`
          : sql`${time} >= ${from}::timestamptz`;
      };
      const { rows } = await sql<ChangeRow>`
        select * from (
          (select 'job' as kind, project, job_id as id, job_id, state, revision,
              null::integer as attempt, null::timestamptz as scheduled_at, null as trigger, null as reason,
              updated_at as at
            from jobs where ${begun('job', 'updated_at', 'job_id')}
            order by updated_at, project, job_id limit ${limit + 1})
          union all
          (select 'run', project, run_id, job_id, state, null, attempt, scheduled_at, trigger, reason, recorded_at
            from runs where ${begun('run', 'recorded_at', 'run_id')}
            order by recorded_at, project, run_id limit ${limit + 1})
        ) as changes
        order by at, kind, project, id limit ${limit + 1}
      `.execute(db);
      return pageOf(rows.map(toChange), limit, keyOf);
    },
  };
}

function keyOf(change: Change): ChangeKey {
  const { at, kind, project } = change;
  return { at, kind, project, id: change.kind === 'job' ? change.jobId : change.runId };
}

function toChange(row: ChangeRow): Change {
  const { project, job_id: jobId, at } = row;
  if (row.kind === 'job') {
    return { kind: 'job', project, jobId, state: row.state as JobState, revision: row.revision as number, at };
  }
  return {
    ...{ kind: 'run', project, jobId, runId: row.id, state: row.state as RunState, attempt: row.attempt as number },
    ...{ scheduledAt: row.scheduled_at as string, trigger: row.trigger as RunTrigger },
    ...(row.reason !== null && { reason: row.reason }),
    at,
  };
}
