import type { Kysely, Selectable } from 'kysely';
import type { Definition } from '../core/definition.js';
import { type Page, type PageRequest, pageOf } from './page.js';
import type { Database, JobVersionsTable } from './schema.js';

/** One definition a job has had. */
export interface VersionRow {
  project: string;
  jobId: string;
  version: number;
  definition: Definition;
  digest: string;
  words: string;
  definedAt: string;
  definedBy?: string;
}

export interface VersionKey {
  version: number;
}

export interface VersionReader {
  /** Versions of a job, newest first. */
  list(project: string, jobId: string, page: PageRequest<VersionKey>): Promise<Page<VersionRow, VersionKey>>;
  get(project: string, jobId: string, version: number): Promise<VersionRow | undefined>;
}

const columns = ['project', 'job_id', 'version', 'definition', 'digest', 'words', 'defined_at', 'defined_by'] as const;

export function versionReader(db: Kysely<Database>): VersionReader {
  const ofJob = (project: string, jobId: string) =>
    db.selectFrom('job_versions').select(columns).where('project', '=', project).where('job_id', '=', jobId);
  return {
    async list(project, jobId, { limit, after }) {
      const rows = await ofJob(project, jobId)
        .$if(!!after, (query) => query.where('version', '<', after?.version ?? 0))
        .orderBy('version', 'desc')
        .limit(limit + 1)
        .execute();
      return pageOf(rows.map(toVersionRow), limit, ({ version }) => ({ version }));
    },
    async get(project, jobId, version) {
      const row = await ofJob(project, jobId).where('version', '=', version).executeTakeFirst();
      return row && toVersionRow(row);
    },
  };
}

function toVersionRow(row: Pick<Selectable<JobVersionsTable>, (typeof columns)[number]>): VersionRow {
  return {
    project: row.project,
    jobId: row.job_id,
    version: row.version,
    definition: JSON.parse(row.definition),
    digest: row.digest,
    words: row.words,
    definedAt: row.defined_at,
    ...(row.defined_by !== null && { definedBy: row.defined_by }),
  };
}
