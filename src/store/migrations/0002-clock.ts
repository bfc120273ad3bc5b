import { type Kysely, sql } from 'kysely';

/** What the clock needs beside the jobs: effective times and reasons of runs, calendars, backfills. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}

const statements = [
  sql`alter table runs add column effective_at timestamptz(3), add column detail text`,

  sql`create table calendars (
    project text collate "C" not null,
    name text collate "C" not null,
    revision integer not null,
    calendar jsonb not null,
    updated_at timestamptz(3) not null,
    updated_by text,
    primary key (project, name)
  )`,

  // Who names a calendar is asked whenever one changes, and by every sweep; only jobs that name one are in it.
  sql`create index jobs_with_calendars on jobs (project, job_id)
    where definition #> '{schedule,resolved,calendars}' is not null and closed_at is null`,

  sql`create table backfills (
    project text collate "C" not null,
    backfill_id text collate "C" not null,
    job_id text collate "C" not null,
    revision bigint not null,
    state text not null,
    request jsonb not null,
    definition_version integer not null,
    counters jsonb not null,
    pause jsonb,
    created_at timestamptz(3) not null,
    created_by text,
    closed_at timestamptz(3),
    close_reason text,
    updated_at timestamptz(3) not null,
    primary key (project, backfill_id)
  )`,
  sql`create index backfills_newest on backfills (project, created_at desc, backfill_id desc)`,
  sql`create index backfills_of_job on backfills (project, job_id, created_at desc, backfill_id desc)`,
];
