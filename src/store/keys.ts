import { type Kysely, type Selectable, sql } from 'kysely';
import type { Right, Role } from '../core/access.js';
import { incoming } from './columns.js';
import { type Page, type PageRequest, pageOf } from './page.js';
import type { ApiKeysTable, Database } from './schema.js';
import { storableJson, storableText } from './storable.js';

export interface NewKey {
  keyId: string;
  /** `*`: all projects. */
  project: string;
  name: string;
  role: Role;
  /** Whether inputs, results and logs are shown. */
  payloads: boolean;
  /** The rights it is limited to; absent: all that the role brings. */
  scopes?: Right[];
  /** Names under which it owns jobs. */
  owns: string[];
  /** The key's first characters. */
  prefix: string;
  /** Keyed hash of the key, in hex. */
  mac: string;
  createdAt: string;
  createdBy: string;
  expiresAt?: string;
}

export interface KeyRow extends NewKey {
  /** To the minute. */
  lastUsedAt?: string;
  revokedAt?: string;
  revokedBy?: string;
}

export interface KeyPlace {
  createdAt: string;
  keyId: string;
}

/** One key's use, as it is written down now and then. */
export interface KeyUse {
  keyId: string;
  usedAt: string;
  /** Its hash by the key of the ring that is current; absent: it is that already. */
  mac?: string;
}

export interface KeyStore {
  /** Adds a key. False: one with this hash is there, and stays as it is. */
  add(key: NewKey): Promise<boolean>;
  /** The key that has one of these hashes, expired and revoked ones too; a revoked one rather than another. */
  find(macs: string[]): Promise<KeyRow | undefined>;
  get(project: string, keyId: string): Promise<KeyRow | undefined>;
  /**
   * The newest first.
   * @param usableAt only those that are neither revoked nor expired at this time
   */
  list(project: string, page: PageRequest<KeyPlace>, usableAt?: string): Promise<Page<KeyRow, KeyPlace>>;
  /** Revokes a key; one that is revoked stays as it is. Undefined: there is none. */
  revoke(project: string, keyId: string, revokedAt: string, revokedBy: string): Promise<KeyRow | undefined>;
  /** Writes down when keys were used last; an earlier time never replaces a later one. */
  used(uses: KeyUse[]): Promise<void>;
}

export function keyStore(db: Kysely<Database>): KeyStore {
  const one = (project: string, keyId: string) =>
    db.selectFrom('api_keys').selectAll().where('project', '=', project).where('key_id', '=', keyId);

  return {
    async add(key) {
      const added = await db
        .insertInto('api_keys')
        .values({
          key_id: key.keyId,
          project: key.project,
          name: storableText(key.name),
          role: key.role,
          payloads: key.payloads,
          scopes: storableJson(key.scopes),
          owns: storableJson(key.owns) as string,
          prefix: key.prefix,
          mac: key.mac,
          created_at: key.createdAt,
          created_by: storableText(key.createdBy),
          expires_at: key.expiresAt ?? null,
        })
        .onConflict((conflict) => conflict.column('mac').doNothing())
        .returning('key_id')
        .execute();
      return added.length > 0;
    },

    async find(macs) {
      const row = await db
        .selectFrom('api_keys')
        .selectAll()
        .where('mac', 'in', macs)
        .orderBy('revoked_at', (order) => order.asc().nullsLast())
        .executeTakeFirst();
      return row && toKeyRow(row);
    },

    async get(project, keyId) {
      const row = await one(project, keyId).executeTakeFirst();
      return row && toKeyRow(row);
    },

    async list(project, { limit, after }, usableAt) {
      const rows = await db
        .selectFrom('api_keys')
        .selectAll()
        .where('project', '=', project)
        .$if(usableAt !== undefined, (query) =>
          query
            .where('revoked_at', 'is', null)
            .where(({ eb, or }) => or([eb('expires_at', 'is', null), eb('expires_at', '>', usableAt ?? '')])),
        )
        .$if(!!after, (query) =>
          query.where(({ eb, refTuple, tuple }) =>
            eb(refTuple('created_at', 'key_id'), '<', tuple(after?.createdAt ?? '', after?.keyId ?? '')),
          ),
        )
        .orderBy('created_at', 'desc')
        .orderBy('key_id', 'desc')
        .limit(limit + 1)
        .execute();
      return pageOf(rows.map(toKeyRow), limit, ({ createdAt, keyId }) => ({ createdAt, keyId }));
    },

    async revoke(project, keyId, revokedAt, revokedBy) {
      await db
        .updateTable('api_keys')
        .set({ revoked_at: revokedAt, revoked_by: storableText(revokedBy) })
        .where('project', '=', project)
        .where('key_id', '=', keyId)
        .where('revoked_at', 'is', null)
        .execute();
      return this.get(project, keyId);
    },

    async used(uses) {
      if (uses.length === 0) return;
      const columns = {
        key_id: ['text', (use: KeyUse) => use.keyId],
        used_at: ['timestamptz', (use: KeyUse) => use.usedAt],
        new_mac: ['text', (use: KeyUse) => use.mac],
      } satisfies Parameters<typeof incoming<KeyUse>>[0];
      await sql`
        update api_keys
        set last_used_at = greatest(last_used_at, incoming.used_at),
          mac = case
            when new_mac is null or exists (select from api_keys as other where other.mac = new_mac) then mac
            else new_mac
          end
        from ${incoming<KeyUse>(columns, uses)} where api_keys.key_id = incoming.key_id
      `.execute(db);
    },
  };
}

function toKeyRow(row: Selectable<ApiKeysTable>): KeyRow {
  return {
    keyId: row.key_id,
    project: row.project,
    name: row.name,
    role: row.role,
    payloads: row.payloads,
    ...(row.scopes !== null && { scopes: JSON.parse(row.scopes) }),
    owns: JSON.parse(row.owns),
    prefix: row.prefix,
    mac: row.mac,
    createdAt: row.created_at,
    createdBy: row.created_by,
    ...(row.expires_at !== null && { expiresAt: row.expires_at }),
    ...(row.last_used_at !== null && { lastUsedAt: row.last_used_at }),
    ...(row.revoked_at !== null && { revokedAt: row.revoked_at }),
    ...(row.revoked_by !== null && { revokedBy: row.revoked_by }),
  };
}
