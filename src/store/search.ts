import { type ExpressionBuilder, type Kysely, sql } from 'kysely';
import type { JobFilter } from './jobs.js';
import type { Database } from './schema.js';

/** Up to so many finds are looked at each; with more, the list is read in its order until a page is full. */
const mostFinds = 3000;

/** A filter after its text was looked for. */
export interface SearchedFilter extends JobFilter {
  /** All versions of definitions that the text is in; absent: there are many. */
  found?: { jobId: string; version: number }[];
}

/**
 * Looks for the filter's text, through the index by trigrams. The planner is not left to choose between that and the order of
 * the list: it guesses how many have a text, and was wrong by so much that one search in a hundred read everything.
 */
export async function searched(db: Kysely<Database>, filter: JobFilter): Promise<SearchedFilter> {
  if (!filter.text) return filter;
  // The text is taken as it is, wildcards included.
  const pattern = `%${filter.text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
  const found = await db
    .selectFrom('job_versions')
    .select(['job_id as jobId', 'version'])
    .where('project', '=', filter.project)
    .where(sql<boolean>`search_text like ${pattern}`)
    .limit(mostFinds + 1)
    .execute();
  return found.length > mostFinds ? filter : { ...filter, found };
}

/** Of a job: the text is in its definition in force. */
export function textCondition(
  where: ExpressionBuilder<Database, 'jobs'>,
  text: string,
  found: SearchedFilter['found'],
) {
  if (found) {
    const ids = found.map(({ jobId }) => jobId);
    const versions = found.map(({ version }) => version);
    return sql<boolean>`(job_id, definition_version) in (select * from unnest(${ids}::text[], ${versions}::integer[]))`;
  }
  return where.exists(
    where
      .selectFrom('job_versions as version')
      .whereRef('version.project', '=', 'jobs.project')
      .whereRef('version.job_id', '=', 'jobs.job_id')
      .whereRef('version.version', '=', 'jobs.definition_version')
      .where(sql<boolean>`strpos(version.search_text, ${text.toLowerCase()}) > 0`),
  );
}
