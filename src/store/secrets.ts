import { type Kysely, type Selectable, sql } from 'kysely';
import { type Page, type PageRequest, pageOf } from './page.js';
import type { Database, SecretsTable } from './schema.js';
import { storableText } from './storable.js';

export interface SecretKey {
  project: string;
  name: string;
}

/** What is told of a secret. */
export interface SecretRow extends SecretKey {
  /** 1 at first, one more with every value. */
  version: number;
  /** Id of the key it is sealed with. */
  keyId: string;
  createdAt: string;
  createdBy?: string;
  updatedAt: string;
  updatedBy?: string;
}

/** What opening it takes. */
export interface SealedSecret extends SecretKey {
  version: number;
  sealed: Uint8Array;
}

export interface SecretWrite extends SealedSecret {
  keyId: string;
  at: string;
  by?: string;
}

export interface SecretStore {
  /** Writes a value as the version after the one there is. Undefined when `version` is not that one. */
  put(write: SecretWrite): Promise<SecretRow | undefined>;
  get(project: string, name: string): Promise<SecretRow | undefined>;
  sealed(project: string, name: string): Promise<SealedSecret | undefined>;
  /** By name. */
  list(project: string, page: PageRequest<{ name: string }>): Promise<Page<SecretRow, { name: string }>>;
  /** @returns whether there was one */
  delete(project: string, name: string): Promise<boolean>;
  /** Secrets of all projects that are not sealed with this key. */
  sealedOtherwise(keyId: string, page: PageRequest<SecretKey>): Promise<Page<SealedSecret, SecretKey>>;
  /** Replaces the seal of this very version. @returns false when it was replaced or deleted meanwhile */
  reseal(secret: SealedSecret, keyId: string): Promise<boolean>;
}

export function secretStore(db: Kysely<Database>): SecretStore {
  const one = (project: string, name: string) =>
    db.selectFrom('secrets').where('project', '=', project).where('name', '=', name);

  return {
    async put({ project, name, version, sealed, keyId, at, by }) {
      const who = by === undefined ? null : storableText(by);
      const given = sql`${project}, ${name}, ${version}::integer, ${Buffer.from(sealed)}::bytea, ${keyId},
        ${at}::timestamptz, ${who}::text, ${at}::timestamptz, ${who}::text`;
      const source =
        version === 1
          ? sql`values (${given})`
          : sql`select ${given} where exists (
              select from secrets where project = ${project} and name = ${name} and version = ${version - 1})`;
      const { rows } = await sql<Selectable<SecretsTable>>`
        insert into secrets (project, name, version, sealed, key_id, created_at, created_by, updated_at, updated_by)
        ${source}
        on conflict (project, name) do update
        set version = excluded.version, sealed = excluded.sealed, key_id = excluded.key_id,
          updated_at = excluded.updated_at, updated_by = excluded.updated_by
        where secrets.version = excluded.version - 1
        returning *
      `.execute(db);
      return rows[0] && toSecretRow(rows[0]);
    },

    async get(project, name) {
      const row = await one(project, name).select(told).executeTakeFirst();
      return row && toSecretRow(row);
    },

    sealed: (project, name) => one(project, name).select(['project', 'name', 'version', 'sealed']).executeTakeFirst(),

    async list(project, { limit, after }) {
      const rows = await db
        .selectFrom('secrets')
        .select(told)
        .where('project', '=', project)
        .$if(!!after, (query) => query.where('name', '>', after?.name ?? ''))
        .orderBy('name')
        .limit(limit + 1)
        .execute();
      return pageOf(rows.map(toSecretRow), limit, ({ name }) => ({ name }));
    },

    async delete(project, name) {
      const { numDeletedRows } = await db
        .deleteFrom('secrets')
        .where('project', '=', project)
        .where('name', '=', name)
        .executeTakeFirst();
      return numDeletedRows > 0n;
    },

    async sealedOtherwise(keyId, { limit, after }) {
      const rows = await db
        .selectFrom('secrets')
        .select(['project', 'name', 'version', 'sealed'])
        .where('key_id', '<>', keyId)
        .$if(!!after, (query) =>
          query.where(({ eb, refTuple, tuple }) =>
            eb(refTuple('project', 'name'), '>', tuple(after?.project ?? '', after?.name ?? '')),
          ),
        )
        .orderBy('project')
        .orderBy('name')
        .limit(limit + 1)
        .execute();
      return pageOf(rows, limit, ({ project, name }) => ({ project, name }));
    },

    async reseal({ project, name, version, sealed }, keyId) {
      const { numUpdatedRows } = await db
        .updateTable('secrets')
        .set({ sealed: Buffer.from(sealed), key_id: keyId })
        .where('project', '=', project)
        .where('name', '=', name)
        .where('version', '=', version)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
  };
}

const told = [
  'project',
  'name',
  'version',
  'key_id',
  'created_at',
  'created_by',
  'updated_at',
  'updated_by',
] as const satisfies (keyof SecretsTable)[];

function toSecretRow(row: Omit<Selectable<SecretsTable>, 'sealed'>): SecretRow {
  return {
    project: row.project,
    name: row.name,
    version: row.version,
    keyId: row.key_id,
    createdAt: row.created_at,
    ...(row.created_by !== null && { createdBy: row.created_by }),
    updatedAt: row.updated_at,
    ...(row.updated_by !== null && { updatedBy: row.updated_by }),
  };
}
