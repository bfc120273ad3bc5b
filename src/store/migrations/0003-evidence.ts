import { type Kysely, sql } from 'kysely';

/** What each run leaves behind: its log, where its result is, how far it is, the attempts that failed. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}

const statements = [
  sql`alter table runs
    add column log jsonb,
    add column result_location text,
    add column progress jsonb,
    add column error_fingerprint text collate "C",
    add column error_causes jsonb`,

  sql`create table attempts (
    project text collate "C" not null,
    run_id text collate "C" not null,
    attempt integer not null,
    state text not null,
    started_at timestamptz(3),
    finished_at timestamptz(3) not null,
    error_code text,
    error_message text,
    error_causes jsonb,
    worker text,
    primary key (project, run_id, attempt)
  )`,

  // What exhausted its retries, and what fails alike, are looked for by hand: small indexes, touched by failures only.
  sql`create index runs_failed on runs (project, scheduled_at desc, run_id desc) where state in ('failed', 'timed_out')`,
  sql`create index runs_by_fingerprint on runs (project, error_fingerprint, scheduled_at desc, run_id desc)
    where error_fingerprint is not null`,
  sql`create index runs_succeeded on runs (project, job_id, finished_at desc) where state = 'succeeded'`,
];
