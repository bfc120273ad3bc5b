import { type ExpressionBuilder, type Kysely, type Selectable, sql } from 'kysely';
import type { LedgerEntry, RunSummary, RunTrigger } from '../core/contract.js';
import { isTerminal, type RunState, runStates } from '../core/states.js';
import type { LastSuccess } from '../core/task/context.js';
import { type Page, type PageRequest, pageOf } from './page.js';
import type { Database, RunsTable } from './schema.js';

export interface RunRow extends LedgerEntry {
  project: string;
  jobId: string;
  /** When the ledger got this state of the run. */
  recordedAt: string;
  /** Nothing is to be done about this failure. */
  dismissed?: Dismissal;
}

/** All conditions must hold; an absent one, or an empty list, asks nothing. */
export interface RunFilter {
  project: string;
  jobId?: string;
  state?: RunState[];
  trigger?: RunTrigger;
  /** Of the error. */
  fingerprint?: string;
  /**
   * Failed or timed out for good: no later run of the nominal time is under way or has ended in another way than being
   * cancelled, nobody dismissed it, and nobody deleted its job.
   */
  dead?: true;
  /** Scheduled at or after. */
  from?: string;
  /** Scheduled before. */
  to?: string;
  /** Ended at or before. */
  endedUntil?: string;
  /** Of jobs owned by one of these; none of them: no run. */
  owners?: readonly string[];
}

export interface RunKey {
  scheduledAt: string;
  runId: string;
}

export interface RunRef {
  project: string;
  runId: string;
}

export interface RunReader {
  get(project: string, runId: string): Promise<RunRow | undefined>;
  /** How those of these runs ended that have. */
  ended(runs: RunRef[]): Promise<{ project: string; summary: RunSummary }[]>;
  /** The last run of a job that succeeded, by the time it ended. */
  lastSuccess(project: string, jobId: string): Promise<(LastSuccess & { resultLocation?: string }) | undefined>;
  /** Latest nominal time first. */
  list(filter: RunFilter, page: PageRequest<RunKey>): Promise<Page<RunRow, RunKey>>;
  /** How many runs fit. */
  count(filter: RunFilter): Promise<number>;
  /** Takes a failed run out of the dead letters, or puts it back. False: no run of this id has failed. */
  dismiss(project: string, runId: string, dismissal: Dismissal | null): Promise<boolean>;
}

/** Who said, and when, that nothing is to be done about a failed run. */
export interface Dismissal {
  at: string;
  by?: string;
  note?: string;
}

export function runReader(db: Kysely<Database>): RunReader {
  return {
    async get(project, runId) {
      const row = await db
        .selectFrom('runs')
        .selectAll()
        .where('project', '=', project)
        .where('run_id', '=', runId)
        .executeTakeFirst();
      return row && toRunRow(row);
    },

    async ended(runs) {
      const { rows } = await sql<EndedRow>`
        select runs.project, run_id, scheduled_at, effective_at, trigger, state, reason, detail, attempt, started_at,
          finished_at, error_code, error_message
        from unnest(${runs.map(({ project }) => project)}::text[], ${runs.map(({ runId }) => runId)}::text[])
          as asked (project, id)
        join runs on runs.project = asked.project and runs.run_id = asked.id
        where state = any (${terminalStates}::text[])
      `.execute(db);
      return rows.map((row) => ({ project: row.project, summary: summaryOf(row) }));
    },

    async lastSuccess(project, jobId) {
      const row = await db
        .selectFrom('runs')
        .select(['run_id', 'scheduled_at', 'finished_at', 'result', 'result_location'])
        .where('project', '=', project)
        .where('job_id', '=', jobId)
        .where('state', '=', 'succeeded')
        .where('finished_at', 'is not', null)
        .orderBy('finished_at', 'desc')
        .limit(1)
        .executeTakeFirst();
      if (!row?.finished_at) return undefined;
      return {
        runId: row.run_id,
        scheduledAt: new Date(row.scheduled_at),
        finishedAt: new Date(row.finished_at),
        result: row.result === null ? undefined : JSON.parse(row.result),
        ...(row.result_location !== null && { resultLocation: row.result_location }),
      };
    },

    async list(filter, { limit, after }) {
      const rows = await db
        .selectFrom('runs')
        .selectAll()
        .where((where) =>
          where.and([
            ...conditions(where, filter),
            ...(after
              ? [where(where.refTuple('scheduled_at', 'run_id'), '<', where.tuple(after.scheduledAt, after.runId))]
              : []),
          ]),
        )
        .orderBy('scheduled_at', 'desc')
        .orderBy('run_id', 'desc')
        .limit(limit + 1)
        .execute();
      return pageOf(rows.map(toRunRow), limit, ({ scheduledAt, runId }) => ({ scheduledAt, runId }));
    },

    async count(filter) {
      const { count } = await db
        .selectFrom('runs')
        .select(({ fn }) => fn.countAll<string>().as('count'))
        .where((where) => where.and(conditions(where, filter)))
        .executeTakeFirstOrThrow();
      return Number(count);
    },

    async dismiss(project, runId, dismissal) {
      const { numUpdatedRows } = await db
        .updateTable('runs')
        .set({
          dismissed_at: dismissal?.at ?? null,
          dismissed_by: dismissal?.by ?? null,
          dismissed_note: dismissal?.note ?? null,
        })
        .where('project', '=', project)
        .where('run_id', '=', runId)
        .where('state', 'in', ['failed', 'timed_out'])
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
  };
}

function conditions(where: ExpressionBuilder<Database, 'runs'>, filter: RunFilter) {
  const { project, jobId, state, trigger, fingerprint, dead, from, to, endedUntil, owners } = filter;
  return [
    where('project', '=', project),
    ...(jobId !== undefined ? [where('job_id', '=', jobId)] : []),
    ...(state?.length ? [where('state', 'in', state)] : []),
    ...(trigger !== undefined ? [where('trigger', '=', trigger)] : []),
    ...(fingerprint !== undefined ? [where('error_fingerprint', '=', fingerprint)] : []),
    ...(dead ? [unmended] : []),
    ...(from !== undefined ? [where('scheduled_at', '>=', from)] : []),
    ...(to !== undefined ? [where('scheduled_at', '<', to)] : []),
    ...(endedUntil !== undefined ? [where('finished_at', '<=', endedUntil)] : []),
    ...(owners
      ? [
          sql<boolean>`exists (select from jobs where jobs.project = runs.project and jobs.job_id = runs.job_id
            and jobs.owner = any (${[...owners]}::text[]))`,
        ]
      : []),
  ];
}

/** A dead letter: see {@link RunFilter.dead}. A run tried again that failed again is the dead letter in its place. */
const unmended = sql<boolean>`state in ('failed', 'timed_out') and dismissed_at is null and not exists (
  select 1 from runs as later
  where later.project = runs.project and later.job_id = runs.job_id and later.scheduled_at = runs.scheduled_at
    and later.run_id <> runs.run_id and coalesce(later.started_at, later.recorded_at) >= runs.finished_at
    and (later.state not in ('cancelled', 'skipped', 'missed') or later.reason = 'by_task')
) and not exists (
  select 1 from jobs
  where jobs.project = runs.project and jobs.job_id = runs.job_id and jobs.deleted_at is not null
)`;

type SummaryColumn =
  | 'run_id'
  | 'scheduled_at'
  | 'effective_at'
  | 'trigger'
  | 'state'
  | 'reason'
  | 'detail'
  | 'attempt'
  | 'started_at'
  | 'finished_at'
  | 'error_code'
  | 'error_message';
type EndedRow = Pick<Selectable<RunsTable>, SummaryColumn | 'project'>;
const terminalStates = runStates.filter(isTerminal);

function summaryOf(row: Pick<Selectable<RunsTable>, SummaryColumn>): RunSummary {
  return {
    runId: row.run_id,
    scheduledAt: row.scheduled_at,
    trigger: row.trigger,
    state: row.state,
    attempt: row.attempt,
    ...(row.effective_at !== null && { effectiveAt: row.effective_at }),
    ...(row.reason !== null && { reason: row.reason }),
    ...(row.detail !== null && { detail: row.detail }),
    ...(row.started_at !== null && { startedAt: row.started_at }),
    ...(row.finished_at !== null && { finishedAt: row.finished_at }),
    ...(row.error_code !== null && { error: { code: row.error_code, message: row.error_message ?? '' } }),
  };
}

function toRunRow(row: Selectable<RunsTable>): RunRow {
  return {
    ...summaryOf(row),
    project: row.project,
    jobId: row.job_id,
    definitionVersion: row.definition_version,
    ...(row.input !== null && { input: JSON.parse(row.input) }),
    ...(row.result !== null && { result: JSON.parse(row.result) }),
    ...(row.worker !== null && { worker: row.worker }),
    ...(row.log !== null && { log: JSON.parse(row.log) }),
    ...(row.result_location !== null && { resultLocation: row.result_location }),
    ...(row.progress !== null && { progress: JSON.parse(row.progress) }),
    ...(row.error_fingerprint !== null && { errorFingerprint: row.error_fingerprint }),
    ...(row.error_causes !== null && { errorCauses: JSON.parse(row.error_causes) }),
    recordedAt: row.recorded_at,
    ...(row.dismissed_at !== null && {
      dismissed: {
        at: row.dismissed_at,
        ...(row.dismissed_by !== null && { by: row.dismissed_by }),
        ...(row.dismissed_note !== null && { note: row.dismissed_note }),
      },
    }),
  };
}
