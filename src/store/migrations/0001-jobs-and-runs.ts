import { type Kysely, sql } from 'kysely';

/**
 * Ids are compared bytewise (`collate "C"`), so that pages have the same order on every server whatever its locale.
 * Times keep the millisecond and no more, which is what keys of pages carry.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}

const statements = [
  sql`create table jobs (
    project text collate "C" not null,
    job_id text collate "C" not null,
    revision bigint not null,
    state text not null,
    definition jsonb not null,
    definition_version integer not null,
    digest text not null,
    words text not null,
    idempotency_key text,
    created_at timestamptz(3) not null,
    created_by text,
    defined_at timestamptz(3) not null,
    defined_by text,
    next_run_at timestamptz(3),
    running integer not null,
    counters jsonb not null,
    last_run jsonb,
    pause jsonb,
    closed_at timestamptz(3),
    close_reason text,
    updated_at timestamptz(3) not null,
    search_text text not null,
    task text not null generated always as (definition ->> 'task') stored,
    owner text generated always as (definition ->> 'owner') stored,
    priority smallint not null generated always as ((definition ->> 'priority')::smallint) stored,
    labels jsonb not null generated always as (definition -> 'labels') stored,
    primary key (project, job_id)
  )`,
  sql`create index jobs_newest on jobs (project, created_at desc, job_id desc)`,
  sql`create index jobs_by_state on jobs (project, state, created_at desc, job_id desc)`,
  sql`create index jobs_by_task on jobs (project, task, created_at desc, job_id desc)`,
  sql`create index jobs_by_owner on jobs (project, owner, created_at desc, job_id desc) where owner is not null`,
  sql`create index jobs_by_priority on jobs (project, priority, created_at desc, job_id desc)`,
  sql`create index jobs_by_next_run on jobs (project, next_run_at, job_id) where next_run_at is not null`,
  sql`create index jobs_by_label on jobs using gin (labels jsonb_path_ops)`,

  sql`create table job_versions (
    project text collate "C" not null,
    job_id text collate "C" not null,
    version integer not null,
    definition jsonb not null,
    digest text not null,
    words text not null,
    defined_at timestamptz(3) not null,
    defined_by text,
    primary key (project, job_id, version)
  )`,

  sql`create table runs (
    project text collate "C" not null,
    run_id text collate "C" not null,
    job_id text collate "C" not null,
    definition_version integer not null,
    scheduled_at timestamptz(3) not null,
    trigger text not null,
    state text not null,
    reason text,
    attempt integer not null,
    started_at timestamptz(3),
    finished_at timestamptz(3),
    error_code text,
    error_message text,
    input jsonb,
    result jsonb,
    worker text,
    recorded_at timestamptz(3) not null,
    primary key (project, run_id)
  )`,
  sql`create index runs_newest on runs (project, scheduled_at desc, run_id desc)`,
  sql`create index runs_of_job on runs (project, job_id, scheduled_at desc, run_id desc)`,
  // The usual outcome and the usual trigger stay out: the index above finds them as fast, and most runs cost one write less.
  sql`create index runs_by_state on runs (project, state, scheduled_at desc, run_id desc) where state <> 'succeeded'`,
  sql`create index runs_by_trigger on runs (project, trigger, scheduled_at desc, run_id desc) where trigger <> 'schedule'`,
];
