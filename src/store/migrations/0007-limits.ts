import { type Kysely, sql } from 'kysely';

/** What keeps callers within their limits: answers to repeat, tokens of rate limits, and what projects have used. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}

const statements = [
  sql`create table idempotent_requests (
    id text collate "C" primary key,
    request text not null,
    holder text not null,
    lease_until timestamptz(3) not null,
    created_at timestamptz(3) not null,
    status integer,
    headers jsonb,
    body bytea
  )`,
  sql`create index idempotent_requests_age on idempotent_requests (created_at)`,
  // Written often and worth nothing after a crash.
  sql`create unlogged table rate_buckets (
    id text collate "C" primary key,
    tokens double precision not null,
    granted double precision not null,
    refilled_at timestamptz not null
  )`,
  sql`create table project_usage (
    project text collate "C" not null,
    day date not null,
    runs bigint not null,
    granted bigint not null,
    primary key (project, day)
  )`,
  // Counted before each job that is created in a project with a quota.
  sql`create index jobs_open on jobs (project) where closed_at is null`,
];
