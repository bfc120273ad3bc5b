import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.js';

/**
 * What PostgreSQL's autovacuum does, at its own thresholds, for an engine that has none (PGlite): gives back the room of
 * rows that are gone, and counts what tables hold, without which the planner takes long ways.
 * @returns names of the tables tidied
 */
export async function tidy(db: Kysely<Database>): Promise<string[]> {
  // Elsewhere the counts are written down when a session is idle; a single session never seems to be.
  await sql`select pg_stat_force_next_flush()`.execute(db);
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_stat_user_tables
    where n_dead_tup > 50 + 0.2 * n_live_tup
      or n_mod_since_analyze > 50 + 0.1 * n_live_tup
      or n_ins_since_vacuum > 1000 + 0.2 * n_live_tup
    order by relname
  `.execute(db);
  for (const { name } of rows) await sql`vacuum (analyze) ${sql.table(name)}`.execute(db);
  return rows.map(({ name }) => name);
}
