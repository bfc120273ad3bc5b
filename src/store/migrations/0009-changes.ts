import { type Kysely, sql } from 'kysely';

/**
 * What changed lately is read by its time. Both columns only ascend, so each write appends at the right edge of the
 * index; it costs no HOT update, as a write that sets them also moves the next run or the state, which were indexed
 * before. (BRIN would be smaller, but a change of an old row lands anywhere in the table, so that soon every range holds
 * something new; and nobody summarises new ranges where no autovacuum runs.)
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}

const statements = [
  sql`create index jobs_changed on jobs (updated_at)`,
  sql`create index runs_changed on runs (recorded_at)`,
];
