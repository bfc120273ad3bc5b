import { type Kysely, type Selectable, sql } from 'kysely';
import { type Columns, incoming, names } from './columns.js';
import { type Page, type PageRequest, pageOf } from './page.js';
import type { AuditTable, Database } from './schema.js';
import { storableJson } from './storable.js';

/** One thing that somebody changed, or was refused. */
export interface AuditEntry {
  /** Random; with `at` the key. Adding it again does nothing. */
  id: string;
  /** RFC 3339. */
  at: string;
  /** Absent: it concerns no project, or nobody knows which. */
  project?: string;
  caller: { kind: string; id: string; name: string };
  /** Of an API key. */
  keyId?: string;
  address: string;
  requestId: string;
  /** Name of the procedure, or an event of signing in. */
  action: string;
  /** What it was about: the id of a job or run, the name of a calendar. */
  target?: string;
  /** `done`, or the code of the error. */
  outcome: string;
  before?: unknown;
  after?: unknown;
}

export interface AuditKey {
  at: string;
  id: string;
}

export interface AuditFilter {
  /** Absent: entries of all projects and of none. */
  project?: string;
  action?: string;
  callerId?: string;
  target?: string;
  /** At or after. */
  from?: string;
  /** Before. */
  to?: string;
}

export interface AuditStore {
  /** Adds those that are not there, in one statement. */
  append(entries: AuditEntry[]): Promise<void>;
  /** Newest first. */
  list(filter: AuditFilter, page: PageRequest<AuditKey>): Promise<Page<AuditEntry, AuditKey>>;
}

const columns: Columns<AuditEntry> = {
  entry_id: ['text', ({ id }) => id],
  at: ['timestamptz', ({ at }) => at],
  project: ['text', ({ project }) => project],
  caller_kind: ['text', ({ caller }) => caller.kind],
  caller_id: ['text', ({ caller }) => caller.id],
  caller_name: ['text', ({ caller }) => caller.name],
  key_id: ['text', ({ keyId }) => keyId],
  address: ['text', ({ address }) => address],
  request_id: ['text', ({ requestId }) => requestId],
  action: ['text', ({ action }) => action],
  target: ['text', ({ target }) => target],
  outcome: ['text', ({ outcome }) => outcome],
  before: ['jsonb', ({ before }) => storableJson(before)],
  after: ['jsonb', ({ after }) => storableJson(after)],
};

export function auditStore(db: Kysely<Database>): AuditStore {
  return {
    async append(entries) {
      if (entries.length === 0) return;
      await sql`
        insert into audit (${names(columns)}) select ${names(columns)} from ${incoming(columns, entries)}
        on conflict do nothing
      `.execute(db);
    },

    async list({ project, action, callerId, target, from, to }, { limit, after }) {
      const rows = await db
        .selectFrom('audit')
        .selectAll()
        .$if(project !== undefined, (query) => query.where('project', '=', project as string))
        .$if(action !== undefined, (query) => query.where('action', '=', action as string))
        .$if(callerId !== undefined, (query) => query.where('caller_id', '=', callerId as string))
        .$if(target !== undefined, (query) => query.where('target', '=', target as string))
        .$if(from !== undefined, (query) => query.where('at', '>=', from as string))
        .$if(to !== undefined, (query) => query.where('at', '<', to as string))
        .$if(!!after, (query) =>
          query.where(sql<boolean>`(at, entry_id) < (${after?.at ?? ''}::timestamptz, ${after?.id ?? ''}::text)`),
        )
        .orderBy('at', 'desc')
        .orderBy('entry_id', 'desc')
        .limit(limit + 1)
        .execute();
      return pageOf(rows.map(toEntry), limit, ({ at, id }) => ({ at, id }));
    },
  };
}

function toEntry(row: Selectable<AuditTable>): AuditEntry {
  return {
    id: row.entry_id,
    at: row.at,
    ...(row.project !== null && { project: row.project }),
    caller: { kind: row.caller_kind, id: row.caller_id, name: row.caller_name },
    ...(row.key_id !== null && { keyId: row.key_id }),
    address: row.address,
    requestId: row.request_id,
    action: row.action,
    ...(row.target !== null && { target: row.target }),
    outcome: row.outcome,
    ...(row.before !== null && { before: JSON.parse(row.before) }),
    ...(row.after !== null && { after: JSON.parse(row.after) }),
  };
}
