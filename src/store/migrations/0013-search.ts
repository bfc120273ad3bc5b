import { type Kysely, sql } from 'kysely';

/**
 * What jobs are found by in a text moves from the jobs, which every run rewrites, to their versions, which are written once
 * and stay: so an index over all parts of the texts costs nothing while jobs run.
 *
 * The index is by trigrams (`pg_trgm`, which PostgreSQL brings along and owners of a database may add). A server that does
 * not have it, or does not let us, goes without: a search then reads every job of its project.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}

const statements = [
  sql`alter table job_versions add column search_text text`,
  // Older versions are not searched: what stood in them is not asked for.
  sql`update job_versions set search_text = jobs.search_text from jobs
    where jobs.project = job_versions.project and jobs.job_id = job_versions.job_id`,
  sql`update job_versions set search_text = '' where search_text is null`,
  sql`alter table job_versions alter column search_text set not null`,
  sql`alter table jobs drop column search_text`,
  sql`do $$ begin
    create extension if not exists pg_trgm;
    create index job_versions_by_text on job_versions using gin (search_text gin_trgm_ops);
  exception when insufficient_privilege or undefined_file or feature_not_supported then
    raise warning 'pg_trgm is not to be had: a search for text will read every job of its project';
  end $$`,
];
