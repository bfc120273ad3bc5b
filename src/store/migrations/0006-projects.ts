import { type Kysely, sql } from 'kysely';

/** Projects, and who has which role in them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}

const statements = [
  sql`create table projects (
    name text collate "C" primary key,
    description text,
    created_at timestamptz(3) not null,
    created_by text,
    quota_jobs bigint,
    quota_runs_per_day bigint,
    quota_payload_bytes bigint
  )`,

  // In the column project, * stands for all of them.
  sql`create table members (
    project text collate "C" not null,
    subject text collate "C" not null,
    role text not null,
    payloads boolean not null,
    added_at timestamptz(3) not null,
    added_by text,
    primary key (project, subject)
  )`,
  sql`create index members_by_subject on members (subject)`,

  // Projects came to be with their first job until now.
  sql`insert into projects (name, created_at) select project, min(created_at) from jobs group by project`,
];
