import { type Kysely, type Selectable, sql } from 'kysely';
import type { BackfillProgress, BackfillRequest, BackfillSnapshot } from '../core/backfill/contract.js';
import type { BackfillStateName } from '../core/backfill/states.js';
import type { RunState } from '../core/states.js';
import { type Columns, incoming, names, overwrite } from './columns.js';
import { type Page, type PageRequest, pageOf } from './page.js';
import type { BackfillsTable, Database } from './schema.js';
import { storableJson } from './storable.js';

export interface BackfillRow extends BackfillSnapshot {
  updatedAt: string;
}

/** All conditions must hold; an absent one, or an empty list, asks nothing. */
export interface BackfillFilter {
  project: string;
  jobId?: string;
  state?: BackfillStateName[];
}

export interface BackfillKey {
  createdAt: string;
  backfillId: string;
}

export interface BackfillStore {
  /** Replaces the row only when the revision is higher; a row of the same id of another job stays as it is. */
  save(snapshot: BackfillSnapshot): Promise<void>;
  get(project: string, backfillId: string): Promise<BackfillRow | undefined>;
  /** Newest first. */
  list(filter: BackfillFilter, page: PageRequest<BackfillKey>): Promise<Page<BackfillRow, BackfillKey>>;
  /**
   * State of the last run of each nominal time, whatever asked for it, that took place or is taking place. Times at
   * which none did are absent: what was skipped, missed or cancelled did not do its work.
   */
  lastRuns(project: string, jobId: string, times: string[]): Promise<Map<string, RunState>>;
}

const tookPlace: RunState[] = ['queued', 'running', 'retrying', 'succeeded', 'failed', 'timed_out'];

const columns: Columns<BackfillSnapshot> = {
  project: ['text', (backfill) => backfill.project],
  backfill_id: ['text', (backfill) => backfill.backfillId],
  job_id: ['text', (backfill) => backfill.jobId],
  revision: ['bigint', (backfill) => backfill.revision],
  state: ['text', (backfill) => backfill.state],
  request: ['jsonb', (backfill) => storableJson(backfill.request)],
  definition_version: ['integer', (backfill) => backfill.definitionVersion],
  counters: ['jsonb', (backfill) => storableJson(backfill.progress)],
  pause: ['jsonb', (backfill) => backfill.pause && storableJson(backfill.pause)],
  created_at: ['timestamptz', (backfill) => backfill.createdAt],
  created_by: ['text', (backfill) => backfill.createdBy],
  closed_at: ['timestamptz', (backfill) => backfill.closedAt],
  close_reason: ['text', (backfill) => backfill.closeReason],
};

export function backfillStore(db: Kysely<Database>): BackfillStore {
  return {
    async save(snapshot) {
      await sql`
        insert into backfills (${names(columns)}, updated_at)
        select ${names(columns)}, now() from ${incoming(columns, [snapshot])}
        on conflict (project, backfill_id) do update
        set ${overwrite(columns, ['project', 'backfill_id'])}, updated_at = excluded.updated_at
        where backfills.job_id = excluded.job_id and backfills.revision < excluded.revision
      `.execute(db);
    },

    async get(project, backfillId) {
      const row = await db
        .selectFrom('backfills')
        .selectAll()
        .where('project', '=', project)
        .where('backfill_id', '=', backfillId)
        .executeTakeFirst();
      return row && toBackfillRow(row);
    },

    async list({ project, jobId, state }, { limit, after }) {
      const rows = await db
        .selectFrom('backfills')
        .selectAll()
        .where((where) =>
          where.and([
            where('project', '=', project),
            ...(jobId !== undefined ? [where('job_id', '=', jobId)] : []),
            ...(state?.length ? [where('state', 'in', state)] : []),
            ...(after
              ? [
                  where(
                    where.refTuple('created_at', 'backfill_id'),
                    '<',
                    where.tuple(after.createdAt, after.backfillId),
                  ),
                ]
              : []),
          ]),
        )
        .orderBy('created_at', 'desc')
        .orderBy('backfill_id', 'desc')
        .limit(limit + 1)
        .execute();
      return pageOf(rows.map(toBackfillRow), limit, ({ createdAt, backfillId }) => ({ createdAt, backfillId }));
    },

    async lastRuns(project, jobId, times) {
      if (times.length === 0) return new Map();
      const rows = await db
        .selectFrom('runs')
        .select(['scheduled_at', 'state'])
        .distinctOn('scheduled_at')
        .where('project', '=', project)
        .where('job_id', '=', jobId)
        .where(sql<boolean>`scheduled_at = any (${times}::timestamptz[])`)
        .where((where) => where.or([where('state', 'in', tookPlace), where('reason', '=', 'by_task')]))
        .orderBy('scheduled_at')
        // A run in progress has the last word.
        .orderBy(sql`finished_at desc nulls first`)
        .execute();
      return new Map(rows.map(({ scheduled_at, state }) => [scheduled_at, state]));
    },
  };
}

function toBackfillRow(row: Selectable<BackfillsTable>): BackfillRow {
  return {
    project: row.project,
    backfillId: row.backfill_id,
    jobId: row.job_id,
    revision: row.revision,
    state: row.state,
    request: JSON.parse(row.request) as BackfillRequest,
    definitionVersion: row.definition_version,
    progress: JSON.parse(row.counters) as BackfillProgress,
    pause: row.pause === null ? null : JSON.parse(row.pause),
    createdAt: row.created_at,
    ...(row.created_by !== null && { createdBy: row.created_by }),
    closedAt: row.closed_at,
    closeReason: row.close_reason,
    updatedAt: row.updated_at,
  };
}
