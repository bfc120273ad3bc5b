import { type Kysely, sql } from 'kysely';

/** API keys: what each may do, and a keyed hash to know it by. The keys themselves are kept nowhere. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}

const statements = [
  sql`create table api_keys (
    key_id text collate "C" primary key,
    project text collate "C" not null,
    name text not null,
    role text not null,
    payloads boolean not null,
    scopes jsonb,
    owns jsonb not null,
    prefix text not null,
    mac text collate "C" not null unique,
    created_at timestamptz(3) not null,
    created_by text not null,
    expires_at timestamptz(3),
    last_used_at timestamptz(3),
    revoked_at timestamptz(3),
    revoked_by text
  )`,

  sql`create index api_keys_of_project on api_keys (project, created_at desc, key_id desc)`,
];
