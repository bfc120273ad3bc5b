import type { Kysely, Selectable } from 'kysely';
import type { Definition } from '../core/definition.js';
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

export interface VersionReader {
  /** All versions of a job, newest first. */
  list(project: string, jobId: string): Promise<VersionRow[]>;
  get(project: string, jobId: string, version: number): Promise<VersionRow | undefined>;
}

export function versionReader(db: Kysely<Database>): VersionReader {
  const ofJob = (project: string, jobId: string) =>
    db.selectFrom('job_versions').selectAll().where('project', '=', project).where('job_id', '=', jobId);
  return {
    async list(project, jobId) {
      const rows = await ofJob(project, jobId).orderBy('version', 'desc').execute();
      return rows.map(toVersionRow);
    },
    async get(project, jobId, version) {
      const row = await ofJob(project, jobId).where('version', '=', version).executeTakeFirst();
      return row && toVersionRow(row);
    },
  };
}

function toVersionRow(row: Selectable<JobVersionsTable>): VersionRow {
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
