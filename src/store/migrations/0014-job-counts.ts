import { type Kysely, sql } from 'kysely';

/** Deleted jobs leave the index by state: then it alone counts the others, where all rows of a project were read before. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}

const statements = [
  sql`drop index jobs_by_state`,
  sql`create index jobs_by_state on jobs (project, state, created_at desc, job_id desc) where deleted_at is null`,
];
