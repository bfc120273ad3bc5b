import { type ExpressionBuilder, type Kysely, type Selectable, sql } from 'kysely';
import type { JobSnapshot } from '../core/contract.js';
import type { JobState } from '../core/states.js';
import { type Page, type PageRequest, pageOf } from './page.js';
import type { Database, JobsTable } from './schema.js';
import { type SearchedFilter, searched, textCondition } from './search.js';
import { storableJson } from './storable.js';

export interface JobRow extends JobSnapshot {
  updatedAt: string;
  /** When the job was deleted: lists leave it out. */
  deletedAt?: string;
}

/** All conditions must hold; an absent one, or an empty list, asks nothing. */
export interface JobFilter {
  project: string;
  state?: JobState[];
  task?: string;
  priority?: number;
  owner?: string;
  /** Every one of them, with this value. */
  labels?: Record<string, string>;
  /** Part of job id, task or description, in any case. */
  text?: string;
  /** Next run at or after. With this or `nextRunTo` the list is in the order of next runs, earliest first. */
  nextRunFrom?: string;
  /** Next run before. */
  nextRunTo?: string;
  /** Created at or before. */
  createdUntil?: string;
  /** Owned by one of these; none of them: no job. */
  owners?: readonly string[];
}

/** `at` is what the list is sorted by: creation, or the next run when the filter has a window of next runs. */
export interface JobKey {
  at: string;
  jobId: string;
}

export interface JobId {
  project: string;
  jobId: string;
}

export interface JobReader {
  /** A deleted job as well. */
  get(project: string, jobId: string): Promise<JobRow | undefined>;
  /** Newest first, or by next run: see {@link JobFilter}. */
  list(filter: JobFilter, page: PageRequest<JobKey>): Promise<Page<JobRow, JobKey>>;
  /** Ids of the jobs that fit, newest first whatever the filter. */
  keys(filter: JobFilter, page: PageRequest<JobKey>): Promise<Page<JobKey, JobKey>>;
  /** How many jobs fit. */
  count(filter: JobFilter): Promise<number>;
  /**
   * Marks a job that has a row as deleted, for good: no later write brings it back. Its runs and versions stay.
   * @returns since when it is deleted
   */
  delete(project: string, jobId: string, by: string | undefined): Promise<string>;
  /** Every job with its state, deleted ones too, by project and id, for comparison with the open workflows. */
  ids(project?: string, after?: JobId, limit?: number): Promise<(JobId & { state: JobState })[]>;
}

export function jobReader(db: Kysely<Database>): JobReader {
  return {
    async get(project, jobId) {
      const row = await selectJobs(db).where('project', '=', project).where('job_id', '=', jobId).executeTakeFirst();
      return row && toJobRow(row);
    },

    async list(asked, { limit, after }) {
      const filter = await searched(db, asked);
      const byNextRun = filter.nextRunFrom !== undefined || filter.nextRunTo !== undefined;
      const sortedBy = byNextRun ? 'next_run_at' : 'created_at';
      const direction = byNextRun ? 'asc' : 'desc';
      const rows = await selectJobs(db)
        .where((where) => where.and(jobConditions(where, filter)))
        .$if(byNextRun, (query) => query.where('next_run_at', 'is not', null))
        .$if(!!after, (query) =>
          query.where(({ eb, refTuple, tuple }) =>
            eb(refTuple(sortedBy, 'job_id'), byNextRun ? '>' : '<', tuple(after?.at ?? '', after?.jobId ?? '')),
          ),
        )
        .orderBy(sortedBy, direction)
        .orderBy('job_id', direction)
        .limit(limit + 1)
        .execute();
      return pageOf(rows.map(toJobRow), limit, (job) => ({
        at: (byNextRun && job.nextRunAt) || job.createdAt,
        jobId: job.jobId,
      }));
    },

    async keys(asked, { limit, after }) {
      const filter = await searched(db, asked);
      const rows = await db
        .selectFrom('jobs')
        .select(['created_at as at', 'job_id as jobId'])
        .where((where) => where.and(jobConditions(where, filter)))
        .$if(!!after, (query) =>
          query.where(({ eb, refTuple, tuple }) =>
            eb(refTuple('created_at', 'job_id'), '<', tuple(after?.at ?? '', after?.jobId ?? '')),
          ),
        )
        .orderBy('created_at', 'desc')
        .orderBy('job_id', 'desc')
        .limit(limit + 1)
        .execute();
      return pageOf(rows, limit, (key) => key);
    },

    async count(asked) {
      const filter = await searched(db, asked);
      const { count } = await db
        .selectFrom('jobs')
        .select(({ fn }) => fn.countAll<string>().as('count'))
        .where((where) => where.and(jobConditions(where, filter)))
        .executeTakeFirstOrThrow();
      return Number(count);
    },

    async delete(project, jobId, by) {
      const { deleted_at: deletedAt } = await db
        .updateTable('jobs')
        .set({
          deleted_at: sql<string>`coalesce(deleted_at, now())`,
          deleted_by: sql<string | null>`case when deleted_at is null then ${by ?? null}::text else deleted_by end`,
        })
        .where('project', '=', project)
        .where('job_id', '=', jobId)
        .returning(sql<string>`deleted_at`.as('deleted_at'))
        .executeTakeFirstOrThrow();
      return deletedAt;
    },

    async ids(project, after, limit = 1000) {
      return db
        .selectFrom('jobs')
        .select(['project', 'job_id as jobId', 'state'])
        .$if(project !== undefined, (query) => query.where('project', '=', project ?? ''))
        .$if(!!after, (query) =>
          query.where(({ eb, refTuple, tuple }) =>
            eb(refTuple('project', 'job_id'), '>', tuple(after?.project ?? '', after?.jobId ?? '')),
          ),
        )
        .orderBy('project')
        .orderBy('job_id')
        .limit(limit)
        .execute();
    },
  };
}

/** The conditions of a list, for others that choose jobs by the same filter. */
export function jobConditions(where: ExpressionBuilder<Database, 'jobs'>, filter: SearchedFilter) {
  const { state, task, priority, owner, labels, text, nextRunFrom, nextRunTo, createdUntil, owners } = filter;
  return [
    where('project', '=', filter.project),
    where('deleted_at', 'is', null),
    ...(state?.length ? [where('state', 'in', state)] : []),
    ...(task !== undefined ? [where('task', '=', task)] : []),
    ...(priority !== undefined ? [where('priority', '=', priority)] : []),
    ...(owner !== undefined ? [where('owner', '=', owner)] : []),
    ...(labels && Object.keys(labels).length ? [sql<boolean>`labels @> ${storableJson(labels)}::jsonb`] : []),
    ...(text ? [textCondition(where, text, filter.found)] : []),
    ...(nextRunFrom !== undefined ? [where('next_run_at', '>=', nextRunFrom)] : []),
    ...(nextRunTo !== undefined ? [where('next_run_at', '<', nextRunTo)] : []),
    ...(createdUntil !== undefined ? [where('created_at', '<=', createdUntil)] : []),
    ...(owners ? [sql<boolean>`owner = any (${[...owners]}::text[])`] : []),
  ];
}

const columns = [
  'project',
  'job_id',
  'revision',
  'state',
  'definition',
  'definition_version',
  'digest',
  'words',
  'idempotency_key',
  'created_at',
  'created_by',
  'defined_at',
  'defined_by',
  'next_run_at',
  'running',
  'counters',
  'last_run',
  'pause',
  'closed_at',
  'close_reason',
  'updated_at',
  'deleted_at',
] as const;

function selectJobs(db: Kysely<Database>) {
  return db.selectFrom('jobs').select(columns);
}

function toJobRow(row: Pick<Selectable<JobsTable>, (typeof columns)[number]>): JobRow {
  return {
    project: row.project,
    jobId: row.job_id,
    revision: row.revision,
    state: row.state,
    definition: JSON.parse(row.definition),
    definitionVersion: row.definition_version,
    digest: row.digest,
    words: row.words,
    ...(row.idempotency_key !== null && { idempotencyKey: row.idempotency_key }),
    createdAt: row.created_at,
    ...(row.created_by !== null && { createdBy: row.created_by }),
    definedAt: row.defined_at,
    ...(row.defined_by !== null && { definedBy: row.defined_by }),
    nextRunAt: row.next_run_at,
    running: row.running,
    counters: JSON.parse(row.counters),
    lastRun: row.last_run && JSON.parse(row.last_run),
    pause: row.pause && JSON.parse(row.pause),
    closedAt: row.closed_at,
    closeReason: row.close_reason,
    updatedAt: row.updated_at,
    ...(row.deleted_at !== null && { deletedAt: row.deleted_at }),
  };
}
