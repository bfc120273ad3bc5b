import { type Kysely, sql } from 'kysely';

/** Secrets of projects, sealed. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table secrets (
    project text collate "C" not null,
    name text collate "C" not null,
    version integer not null,
    sealed bytea not null,
    key_id text not null,
    created_at timestamptz(3) not null,
    created_by text,
    updated_at timestamptz(3) not null,
    updated_by text,
    primary key (project, name)
  )`.execute(db);
}
