import { CompiledQuery, type Kysely, sql } from 'kysely';
import type { FailedAttempt, JobSnapshot, LedgerEntry } from '../core/contract.js';
import { isTerminal, runStates } from '../core/states.js';
import { type Columns, incoming, names, overwrite, parameters } from './columns.js';
import type { Database } from './schema.js';
import { storableJson } from './storable.js';

/** A job as it stands, and news of its runs. */
export interface LedgerBatch {
  snapshot: JobSnapshot;
  /** Runs of the snapshot's job; may be empty. */
  entries: LedgerEntry[];
}

/**
 * Writes any number of batches in one statement: all of them or, on an error, none. Repeating a write changes nothing.
 * - jobs: a snapshot replaces the row only when its revision is higher.
 * - job_versions: the first definition seen of a version stays.
 * - attempts: the first news of an attempt that failed stays.
 * - runs: news replace a run that has not ended, if they are further on; a run that has ended never changes.
 *
 * Rows are touched in the order of tables and keys, so that concurrent writers wait for each other and never in a circle.
 */
export async function writeLedger(db: Kysely<Database>, batches: LedgerBatch[]): Promise<void> {
  if (batches.length === 0) return;
  text ??= statement().compile(db).sql;
  const values = [
    ...parameters(snapshotColumns, snapshotRows(batches)),
    ...parameters(attemptColumns, attemptRows(batches)),
    ...parameters(runColumns, runRows(batches)),
  ];
  await db.executeQuery(CompiledQuery.raw(text, values));
}

/** Built once: it is the same for any number of rows, and to build it takes as long as to run it. */
let text: string | undefined;

function statement() {
  return sql`
    with snapshots as (
      select * from ${incoming(snapshotColumns)}
    ), written_jobs as (
      insert into jobs (${names(jobColumns)}, updated_at)
      select ${names(jobColumns)}, now() from snapshots where latest order by project, job_id
      on conflict (project, job_id) do update
      set ${overwrite(jobColumns, ['project', 'job_id'])}, updated_at = excluded.updated_at
      where jobs.revision < excluded.revision
    ), written_versions as (
      insert into job_versions (project, job_id, version, definition, digest, words, defined_at, defined_by, search_text)
      select project, job_id, definition_version, definition, digest, words, defined_at, defined_by, search_text
      from snapshots order by project, job_id, definition_version
      on conflict do nothing
    ), written_attempts as (
      insert into attempts (${names(attemptColumns)})
      select ${names(attemptColumns)} from ${incoming(attemptColumns)}
      order by project, run_id, attempt
      on conflict do nothing
    )
    insert into runs (${names(runColumns)}, recorded_at)
    select ${names(runColumns)}, now() from ${incoming(runColumns)} order by project, run_id
    on conflict (project, run_id) do update
    set ${overwrite(runColumns, ['project', 'run_id', 'attempt', 'started_at', 'log', 'progress'])}, recorded_at = excluded.recorded_at,
      -- As advanced() has it for news that travel together.
      attempt = greatest(runs.attempt, excluded.attempt), started_at = coalesce(runs.started_at, excluded.started_at),
      log = coalesce(excluded.log, runs.log), progress = coalesce(excluded.progress, runs.progress)
    where ${progressOf('runs')} < ${progressOf('excluded')}
  `;
}

type SnapshotRow = JobSnapshot & { latest: boolean };
type EntryRow = LedgerEntry & { project: string; jobId: string };

const jobColumns: Columns<JobSnapshot> = {
  project: ['text', (job) => job.project],
  job_id: ['text', (job) => job.jobId],
  revision: ['bigint', (job) => job.revision],
  state: ['text', (job) => job.state],
  definition: ['jsonb', (job) => storableJson(job.definition)],
  definition_version: ['integer', (job) => job.definitionVersion],
  digest: ['text', (job) => job.digest],
  words: ['text', (job) => job.words],
  idempotency_key: ['text', (job) => job.idempotencyKey],
  created_at: ['timestamptz', (job) => job.createdAt],
  created_by: ['text', (job) => job.createdBy],
  defined_at: ['timestamptz', (job) => job.definedAt],
  defined_by: ['text', (job) => job.definedBy],
  next_run_at: ['timestamptz', (job) => job.nextRunAt],
  running: ['integer', (job) => job.running],
  counters: ['jsonb', (job) => storableJson(job.counters)],
  last_run: ['jsonb', (job) => job.lastRun && storableJson(job.lastRun)],
  pause: ['jsonb', (job) => job.pause && storableJson(job.pause)],
  closed_at: ['timestamptz', (job) => job.closedAt],
  close_reason: ['text', (job) => job.closeReason],
};
const snapshotColumns: Columns<SnapshotRow> = {
  ...jobColumns,
  latest: ['boolean', (job) => job.latest],
  // Lower case by JavaScript, as in the filter: what PostgreSQL makes of it depends on the server's locale.
  search_text: [
    'text',
    ({ jobId, definition }) => [jobId, definition.task, definition.description ?? ''].join('\n').toLowerCase(),
  ],
};

const runColumns: Columns<EntryRow> = {
  project: ['text', (run) => run.project],
  run_id: ['text', (run) => run.runId],
  job_id: ['text', (run) => run.jobId],
  definition_version: ['integer', (run) => run.definitionVersion],
  scheduled_at: ['timestamptz', (run) => run.scheduledAt],
  effective_at: ['timestamptz', (run) => run.effectiveAt],
  trigger: ['text', (run) => run.trigger],
  state: ['text', (run) => run.state],
  reason: ['text', (run) => run.reason],
  detail: ['text', (run) => run.detail],
  attempt: ['integer', (run) => run.attempt],
  started_at: ['timestamptz', (run) => run.startedAt],
  finished_at: ['timestamptz', (run) => run.finishedAt],
  error_code: ['text', (run) => run.error?.code],
  error_message: ['text', (run) => run.error?.message],
  input: ['jsonb', (run) => storableJson(run.input)],
  result: ['jsonb', (run) => storableJson(run.result)],
  worker: ['text', (run) => run.worker],
  log: ['jsonb', (run) => run.log && storableJson(run.log)],
  result_location: ['text', (run) => run.resultLocation],
  progress: ['jsonb', (run) => run.progress && storableJson(run.progress)],
  error_fingerprint: ['text', (run) => run.errorFingerprint],
  error_causes: ['jsonb', (run) => run.errorCauses && storableJson(run.errorCauses)],
};

type AttemptEntry = FailedAttempt & { project: string; runId: string };

const attemptColumns: Columns<AttemptEntry> = {
  project: ['text', (attempt) => attempt.project],
  run_id: ['text', (attempt) => attempt.runId],
  attempt: ['integer', (attempt) => attempt.attempt],
  state: ['text', (attempt) => attempt.state],
  started_at: ['timestamptz', (attempt) => attempt.startedAt],
  finished_at: ['timestamptz', (attempt) => attempt.finishedAt],
  error_code: ['text', (attempt) => attempt.error.code],
  error_message: ['text', (attempt) => attempt.error.message],
  error_causes: ['jsonb', (attempt) => attempt.causes && storableJson(attempt.causes)],
  worker: ['text', (attempt) => attempt.worker],
};

/** Attempts that failed, of all news of the runs: the news of a run that has gone on tell of them no less. */
function attemptRows(batches: LedgerBatch[]): AttemptEntry[] {
  return batches.flatMap(({ snapshot: { project }, entries }) =>
    entries.flatMap(({ runId, failedAttempt }) => (failedAttempt ? [{ ...failedAttempt, project, runId }] : [])),
  );
}

/** One row per version of a job's definition; the one with the job's highest revision is the `latest`. */
function snapshotRows(batches: LedgerBatch[]): SnapshotRow[] {
  const versions = new Map<string, JobSnapshot>();
  const jobs = new Map<string, JobSnapshot>();
  for (const { snapshot } of batches) {
    const job = `${snapshot.project}/${snapshot.jobId}`;
    const version = `${job}/${snapshot.definitionVersion}`;
    if (!versions.has(version)) versions.set(version, snapshot);
    if (snapshot.revision > (jobs.get(job)?.revision ?? -1)) jobs.set(job, snapshot);
  }
  // The latest may not be the first of its version; both carry the same definition.
  for (const [job, latest] of jobs) versions.set(`${job}/${latest.definitionVersion}`, latest);
  return [...versions.values()].map((snapshot) => ({
    ...snapshot,
    latest: jobs.get(`${snapshot.project}/${snapshot.jobId}`) === snapshot,
  }));
}

/** One row per run: PostgreSQL refuses to touch a row twice in one statement, so the rule for conflicts is applied here too. */
function runRows(batches: LedgerBatch[]): EntryRow[] {
  const runs = new Map<string, EntryRow>();
  for (const { snapshot, entries } of batches) {
    for (const entry of entries) {
      const row = { ...entry, project: snapshot.project, jobId: snapshot.jobId };
      const key = `${row.project}/${row.runId}`;
      const known = runs.get(key);
      if (!known) runs.set(key, row);
      else if (isFurther(row, known)) runs.set(key, advanced(known, row));
    }
  }
  return [...runs.values()];
}

/**
 * The news of a run, with what whoever sent it need not know: a run cancelled between two attempts is ended by the
 * workflow, which counts fewer and knows nothing of its log.
 */
function advanced(known: EntryRow, news: EntryRow): EntryRow {
  return {
    ...news,
    attempt: Math.max(known.attempt, news.attempt),
    startedAt: known.startedAt ?? news.startedAt,
    log: news.log ?? known.log,
    progress: news.progress ?? known.progress,
  };
}

/** States a run passes through before it ends, in this order within an attempt. */
const openStates = runStates.filter((state) => !isTerminal(state));

/** Beyond every attempt: a run that has ended is further than any that has not, and none is further than it. */
const ended = 2 ** 31 - 1;

function isFurther(news: LedgerEntry, known: LedgerEntry): boolean {
  if (isTerminal(known.state)) return false;
  if (isTerminal(news.state) || news.attempt !== known.attempt)
    return isTerminal(news.state) || news.attempt > known.attempt;
  return openStates.indexOf(news.state) > openStates.indexOf(known.state);
}

/** {@link isFurther} in SQL: a row value that ascends as the run goes on. */
function progressOf(row: 'runs' | 'excluded') {
  const state = sql.id(row, 'state');
  const open = sql.lit(`{${openStates}}`);
  const rank = sql`coalesce(array_position(${open}::text[], ${state}), 0)`;
  return sql`(case when ${state} = any (${open}::text[]) then ${sql.id(row, 'attempt')} else ${sql.lit(ended)} end, ${rank})`;
}
