import { type Kysely, type Selectable, sql } from 'kysely';
import type { Calendar } from '../core/schedule/schema.js';
import { type Page, type PageRequest, pageOf } from './page.js';
import type { CalendarsTable, Database } from './schema.js';
import { storableJson, storableText } from './storable.js';

export interface CalendarRow {
  project: string;
  name: string;
  /** Ascends by one with every change, from 1. */
  revision: number;
  calendar: Calendar;
  updatedAt: string;
  updatedBy?: string;
}

export interface CalendarWrite {
  project: string;
  name: string;
  calendar: Calendar;
  updatedAt: string;
  updatedBy?: string;
  /** Write only over this revision; 0: only if there is none. Absent: whatever there is. */
  expectedRevision?: number;
}

/** An open job whose schedule was planned with calendars, and the revisions of them it has. */
export interface CalendarUse {
  project: string;
  jobId: string;
  /** The revision in the job's schedule, by name. */
  used: Record<string, number>;
}

export interface CalendarKey {
  name: string;
}
export interface CalendarUseKey {
  project: string;
  jobId: string;
}

export interface CalendarStore {
  /**
   * Writes a calendar as revision + 1; equal content changes nothing and keeps the revision. Undefined when the one
   * there is not of the expected revision.
   */
  put(write: CalendarWrite): Promise<{ row: CalendarRow; changed: boolean } | undefined>;
  get(project: string, name: string): Promise<CalendarRow | undefined>;
  /** Those of the names that exist, in any order. */
  getMany(project: string, names: string[]): Promise<CalendarRow[]>;
  /** By name. */
  list(project: string, page: PageRequest<CalendarKey>): Promise<Page<CalendarRow, CalendarKey>>;
  /**
   * Deletes a calendar that no open job names. `in_use`: one does.
   * @param expectedRevision only this one; when it is another, that is the answer
   */
  delete(
    project: string,
    name: string,
    expectedRevision?: number,
  ): Promise<'deleted' | 'absent' | 'in_use' | { revision: number }>;
  /** Open jobs that name the calendar, by id, after `after`. */
  users(project: string, name: string, page: PageRequest<CalendarUseKey>): Promise<Page<CalendarUse, CalendarUseKey>>;
  /** Open jobs, of any project, that were planned with another revision of a calendar than the one there is. */
  outdated(page: PageRequest<CalendarUseKey>): Promise<Page<CalendarUse, CalendarUseKey>>;
}

/** The part of a definition that says with which calendars the schedule was planned; open jobs that have it are indexed. */
const calendarsOf = sql`definition #> '{schedule,resolved,calendars}'`;
const withCalendars = sql<boolean>`${calendarsOf} is not null and closed_at is null`;

export function calendarStore(db: Kysely<Database>): CalendarStore {
  const one = (project: string, name: string) =>
    db.selectFrom('calendars').selectAll().where('project', '=', project).where('name', '=', name);

  const uses = async (condition: ReturnType<typeof sql<boolean>>, { limit, after }: PageRequest<CalendarUseKey>) => {
    const rows = await db
      .selectFrom('jobs')
      .select(['project', 'job_id as jobId'])
      .select(sql<string>`(select jsonb_object_agg(key, value->'revision') from jsonb_each(${calendarsOf}))`.as('used'))
      .where(withCalendars)
      .where(condition)
      .$if(!!after, (query) =>
        query.where(({ eb, refTuple, tuple }) =>
          eb(refTuple('project', 'job_id'), '>', tuple(after?.project ?? '', after?.jobId ?? '')),
        ),
      )
      .orderBy('project')
      .orderBy('job_id')
      .limit(limit + 1)
      .execute();
    const items = rows.map(({ used, ...row }): CalendarUse => ({ ...row, used: JSON.parse(used) }));
    return pageOf(items, limit, ({ project, jobId }) => ({ project, jobId }));
  };

  return {
    async put({ project, name, calendar, updatedAt, updatedBy, expectedRevision }) {
      const by = updatedBy === undefined ? null : storableText(updatedBy);
      const given = sql`${project}, ${name}, 1, ${storableJson(calendar)}::jsonb, ${updatedAt}::timestamptz, ${by}::text`;
      // Without a row there is nothing to update; with one, `on conflict` decides alone.
      const source =
        expectedRevision === undefined || expectedRevision === 0
          ? sql`values (${given})`
          : sql`select ${given} where exists (
              select from calendars where project = ${project} and name = ${name} and revision = ${expectedRevision})`;
      const expected = expectedRevision === undefined ? sql`` : sql`and calendars.revision = ${expectedRevision}`;
      const { rows } = await sql<Selectable<CalendarsTable>>`
        insert into calendars (project, name, revision, calendar, updated_at, updated_by) ${source}
        on conflict (project, name) do update
        set revision = calendars.revision + 1, calendar = excluded.calendar,
          updated_at = excluded.updated_at, updated_by = excluded.updated_by
        where calendars.calendar <> excluded.calendar ${expected}
        returning *
      `.execute(db);
      const [written] = rows;
      if (written) return { row: toCalendarRow(written), changed: true };
      const there = await one(project, name).executeTakeFirst();
      const fits = expectedRevision === undefined || there?.revision === expectedRevision;
      return there && fits ? { row: toCalendarRow(there), changed: false } : undefined;
    },

    async get(project, name) {
      const row = await one(project, name).executeTakeFirst();
      return row && toCalendarRow(row);
    },

    async getMany(project, names) {
      if (names.length === 0) return [];
      const rows = await db
        .selectFrom('calendars')
        .selectAll()
        .where('project', '=', project)
        .where('name', 'in', names)
        .execute();
      return rows.map(toCalendarRow);
    },

    async list(project, { limit, after }) {
      const rows = await db
        .selectFrom('calendars')
        .selectAll()
        .where('project', '=', project)
        .$if(!!after, (query) => query.where('name', '>', after?.name ?? ''))
        .orderBy('name')
        .limit(limit + 1)
        .execute();
      return pageOf(rows.map(toCalendarRow), limit, ({ name }) => ({ name }));
    },

    async delete(project, name, expectedRevision) {
      const { rows } = await sql<{ name: string }>`
        delete from calendars where project = ${project} and name = ${name}
          and revision = coalesce(${expectedRevision ?? null}::integer, revision)
          and not exists (
          select from jobs where project = ${project} and ${withCalendars} and ${calendarsOf} ? ${name})
        returning name
      `.execute(db);
      if (rows.length > 0) return 'deleted';
      const there = await one(project, name).executeTakeFirst();
      if (!there) return 'absent';
      const { revision } = there;
      return expectedRevision === undefined || revision === expectedRevision ? 'in_use' : { revision };
    },

    users: (project, name, page) => uses(sql<boolean>`project = ${project} and ${calendarsOf} ? ${name}`, page),

    outdated: (page) =>
      uses(
        sql<boolean>`exists (
          select from jsonb_each(${calendarsOf}) as used (name, calendar)
          join calendars on calendars.project = jobs.project and calendars.name = used.name
          where calendars.revision <> (used.calendar->>'revision')::integer)`,
        page,
      ),
  };
}

function toCalendarRow(row: Selectable<CalendarsTable>): CalendarRow {
  return {
    project: row.project,
    name: row.name,
    revision: row.revision,
    calendar: JSON.parse(row.calendar),
    updatedAt: row.updated_at,
    ...(row.updated_by !== null && { updatedBy: row.updated_by }),
  };
}
