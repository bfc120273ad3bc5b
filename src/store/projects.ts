import { type Kysely, type Selectable, sql } from 'kysely';
import { type Page, type PageRequest, pageOf } from './page.js';
import type { Database, ProjectsTable } from './schema.js';

/** What a project may use at most; absent: as much as it likes. */
export interface Quotas {
  /** Jobs that have not ended. */
  jobs?: number;
  /** Runs started in a day (UTC). */
  runsPerDay?: number;
  /** Bytes of an input, as JSON. */
  payloadBytes?: number;
}

export interface ProjectRow {
  name: string;
  description?: string;
  createdAt: string;
  createdBy?: string;
  quotas: Quotas;
}

/** What is absent stays as it is; null takes it away. */
export interface ProjectChange {
  description?: string | null;
  quotas?: { [Name in keyof Quotas]?: number | null };
}

export interface ProjectKey {
  name: string;
}

export interface ProjectStore {
  /** Undefined when the name is taken. */
  create(row: ProjectRow): Promise<ProjectRow | undefined>;
  /** Makes the project unless it is there. */
  ensure(row: Pick<ProjectRow, 'name' | 'createdAt' | 'createdBy'>): Promise<void>;
  get(name: string): Promise<ProjectRow | undefined>;
  /** Undefined when there is none of this name. */
  update(name: string, change: ProjectChange): Promise<ProjectRow | undefined>;
  /** By name. @param among only these; absent: all */
  list(among: readonly string[] | undefined, page: PageRequest<ProjectKey>): Promise<Page<ProjectRow, ProjectKey>>;
}

export function projectStore(db: Kysely<Database>): ProjectStore {
  const insert = ({
    name,
    description,
    createdAt,
    createdBy,
    quotas,
  }: Omit<ProjectRow, 'quotas'> & Partial<ProjectRow>) =>
    db
      .insertInto('projects')
      .values({
        name,
        description: description ?? null,
        created_at: createdAt,
        created_by: createdBy ?? null,
        quota_jobs: quotas?.jobs ?? null,
        quota_runs_per_day: quotas?.runsPerDay ?? null,
        quota_payload_bytes: quotas?.payloadBytes ?? null,
      })
      .onConflict((conflict) => conflict.doNothing())
      .returningAll();

  const get = async (name: string) => {
    const row = await db.selectFrom('projects').selectAll().where('name', '=', name).executeTakeFirst();
    return row && toProjectRow(row);
  };

  return {
    get,

    async create(row) {
      const written = await insert(row).executeTakeFirst();
      return written && toProjectRow(written);
    },

    async ensure(row) {
      await insert(row).execute();
    },

    async update(name, { description, quotas = {} }) {
      const change = Object.entries({
        description,
        quota_jobs: quotas.jobs,
        quota_runs_per_day: quotas.runsPerDay,
        quota_payload_bytes: quotas.payloadBytes,
      }).filter(([, value]) => value !== undefined);
      if (change.length === 0) return get(name);
      const row = await db
        .updateTable('projects')
        .set(Object.fromEntries(change))
        .where('name', '=', name)
        .returningAll()
        .executeTakeFirst();
      return row && toProjectRow(row);
    },

    async list(among, { limit, after }) {
      const rows = await db
        .selectFrom('projects')
        .selectAll()
        .$if(among !== undefined, (query) => query.where(sql<boolean>`name = any(${among}::text[])`))
        .$if(!!after, (query) => query.where('name', '>', after?.name ?? ''))
        .orderBy('name')
        .limit(limit + 1)
        .execute();
      return pageOf(rows.map(toProjectRow), limit, ({ name }) => ({ name }));
    },
  };
}

function toProjectRow(row: Selectable<ProjectsTable>): ProjectRow {
  return {
    name: row.name,
    ...(row.description !== null && { description: row.description }),
    createdAt: row.created_at,
    ...(row.created_by !== null && { createdBy: row.created_by }),
    quotas: {
      ...(row.quota_jobs !== null && { jobs: row.quota_jobs }),
      ...(row.quota_runs_per_day !== null && { runsPerDay: row.quota_runs_per_day }),
      ...(row.quota_payload_bytes !== null && { payloadBytes: row.quota_payload_bytes }),
    },
  };
}
