import { type Kysely, sql } from 'kysely';

/** Jobs that are deleted keep their rows; operations change many jobs at once. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}

const statements = [
  sql`alter table jobs
    add column deleted_at timestamptz(3),
    add column deleted_by text`,

  sql`create table operations (
    project text collate "C" not null,
    operation_id text collate "C" not null,
    action text not null,
    filter jsonb not null,
    note text,
    requester jsonb not null,
    owners jsonb,
    state text not null,
    total integer not null,
    done integer not null default 0,
    failed integer not null default 0,
    skipped integer not null default 0,
    errors jsonb not null default '[]',
    cursor jsonb,
    page jsonb,
    exhausted boolean not null default false,
    lease_holder text,
    lease_until timestamptz(3),
    created_at timestamptz(3) not null,
    created_by text,
    cancelled_by text,
    closed_at timestamptz(3),
    close_reason text,
    updated_at timestamptz(3) not null,
    primary key (project, operation_id)
  )`,
  sql`create index operations_newest on operations (project, created_at desc, operation_id desc)`,
  sql`create index operations_open on operations (created_at) where closed_at is null`,
];
