import { type Kysely, type Selectable, sql } from 'kysely';
import type { Role } from '../core/access.js';
import { type Page, type PageRequest, pageOf } from './page.js';
import type { Database, MembersTable } from './schema.js';

export interface MemberRow {
  /** `*`: all projects, those to come as well. */
  project: string;
  /** `user:…`, an e-mail address, `group:…`. */
  subject: string;
  role: Role;
  /** Whether inputs, results and logs are shown. */
  payloads: boolean;
  addedAt: string;
  addedBy?: string;
}

export interface MemberKey {
  subject: string;
}

/** Whether a change may leave a project without an owner. */
export type LastOwner = 'keep' | 'allow';

export interface MemberStore {
  get(project: string, subject: string): Promise<MemberRow | undefined>;
  /** By subject; those of this project alone, not who has a role in all of them. */
  list(project: string, page: PageRequest<MemberKey>): Promise<Page<MemberRow, MemberKey>>;
  /** Adds the member, or changes role and payloads of the one there. `last_owner`: it would leave no owner. */
  put(row: MemberRow, lastOwner: LastOwner): Promise<MemberRow | 'last_owner'>;
  delete(project: string, subject: string, lastOwner: LastOwner): Promise<'deleted' | 'absent' | 'last_owner'>;
  /** What any of these subjects is, in which project. */
  grantsOf(subjects: readonly string[]): Promise<Pick<MemberRow, 'project' | 'role' | 'payloads'>[]>;
  /** Whether somebody is owner in the project by a row of their own. */
  hasOwner(project: string): Promise<boolean>;
}

export function memberStore(db: Kysely<Database>): MemberStore {
  const one = (project: string, subject: string) =>
    db.selectFrom('members').selectAll().where('project', '=', project).where('subject', '=', subject);

  /** Locks the owners of a project, so that of two owners who leave at once one stays. */
  const owners = (project: string) => sql`owners as materialized (
    select subject from members where project = ${project} and role = 'owner' order by subject for update)`;
  const notLast = (subject: string, lastOwner: LastOwner) =>
    lastOwner === 'allow'
      ? sql<boolean>`true`
      : sql<boolean>`(members.role <> 'owner' or exists (select from owners where owners.subject <> ${subject}))`;

  return {
    async get(project, subject) {
      const row = await one(project, subject).executeTakeFirst();
      return row && toMemberRow(row);
    },

    async list(project, { limit, after }) {
      const rows = await db
        .selectFrom('members')
        .selectAll()
        .where('project', '=', project)
        .$if(!!after, (query) => query.where('subject', '>', after?.subject ?? ''))
        .orderBy('subject')
        .limit(limit + 1)
        .execute();
      return pageOf(rows.map(toMemberRow), limit, ({ subject }) => ({ subject }));
    },

    async put({ project, subject, role, payloads, addedAt, addedBy = null }, lastOwner) {
      const kept = role === 'owner' ? sql<boolean>`true` : notLast(subject, lastOwner);
      const { rows } = await sql<Selectable<MembersTable>>`
        with ${owners(project)}
        insert into members (project, subject, role, payloads, added_at, added_by)
        values (${project}, ${subject}, ${role}, ${payloads}, ${addedAt}, ${addedBy})
        on conflict (project, subject) do update set role = excluded.role, payloads = excluded.payloads
        where ${kept}
        returning *
      `.execute(db);
      return rows[0] ? toMemberRow(rows[0]) : 'last_owner';
    },

    async delete(project, subject, lastOwner) {
      const { rows } = await sql`
        with ${owners(project)}
        delete from members where project = ${project} and subject = ${subject} and ${notLast(subject, lastOwner)}
        returning subject
      `.execute(db);
      if (rows.length > 0) return 'deleted';
      return (await one(project, subject).executeTakeFirst()) ? 'last_owner' : 'absent';
    },

    async grantsOf(subjects) {
      if (subjects.length === 0) return [];
      return db
        .selectFrom('members')
        .select(['project', 'role', 'payloads'])
        .where(sql<boolean>`subject = any(${subjects}::text[])`)
        .orderBy('project')
        .execute();
    },

    async hasOwner(project) {
      const row = await db
        .selectFrom('members')
        .select('subject')
        .where('project', '=', project)
        .where('role', '=', 'owner')
        .limit(1)
        .executeTakeFirst();
      return row !== undefined;
    },
  };
}

function toMemberRow(row: Selectable<MembersTable>): MemberRow {
  return {
    project: row.project,
    subject: row.subject,
    role: row.role,
    payloads: row.payloads,
    addedAt: row.added_at,
    ...(row.added_by !== null && { addedBy: row.added_by }),
  };
}
