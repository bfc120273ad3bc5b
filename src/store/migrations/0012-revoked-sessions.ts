import { type Kysely, sql } from 'kysely';

/** Logins that ended before their time: the others need no row. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table revoked_sessions (
    id text primary key,
    expires_at timestamptz(3) not null
  )`.execute(db);
  await sql`create index revoked_sessions_by_expiry on revoked_sessions (expires_at)`.execute(db);
}
