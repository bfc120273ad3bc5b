import { type Kysely, sql } from 'kysely';

/** Failed runs about which nothing is to be done. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table runs
    add column dismissed_at timestamptz(3),
    add column dismissed_by text,
    add column dismissed_note text`.execute(db);
}
