import type { ColumnType, GeneratedAlways } from 'kysely';
import type { BackfillStateName } from '../core/backfill/states.js';
import type { RunTrigger } from '../core/contract.js';
import type { JobState, NotRunReason, RunState } from '../core/states.js';

/** RFC 3339 in and out; `timestamptz(3)` in the database. */
type Time = string;
/** JSON text in and out; `jsonb` in the database, where the order of keys is not kept. */
type Json = string;

/** The tables as `migrations/` leaves them. */
export interface Database {
  jobs: JobsTable;
  job_versions: JobVersionsTable;
  runs: RunsTable;
  calendars: CalendarsTable;
  backfills: BackfillsTable;
  attempts: AttemptsTable;
  secrets: SecretsTable;
  audit: AuditTable;
}

export interface JobsTable {
  project: string;
  job_id: string;
  revision: number;
  state: JobState;
  definition: Json;
  definition_version: number;
  digest: string;
  words: string;
  idempotency_key: string | null;
  created_at: Time;
  created_by: string | null;
  defined_at: Time;
  defined_by: string | null;
  next_run_at: Time | null;
  running: number;
  counters: Json;
  last_run: Json | null;
  pause: Json | null;
  closed_at: Time | null;
  close_reason: string | null;
  updated_at: Time;
  /** Job id, task and description in lower case: what `text` looks in. Never read back. */
  search_text: ColumnType<never, string, string>;
  // Computed by PostgreSQL from `definition`, so that they cannot disagree with it.
  task: GeneratedAlways<string>;
  owner: GeneratedAlways<string | null>;
  priority: GeneratedAlways<number>;
  labels: GeneratedAlways<Json>;
}

export interface JobVersionsTable {
  project: string;
  job_id: string;
  version: number;
  definition: Json;
  digest: string;
  words: string;
  defined_at: Time;
  defined_by: string | null;
}

export interface CalendarsTable {
  project: string;
  name: string;
  /** Ascends by one with every change. */
  revision: number;
  calendar: Json;
  updated_at: Time;
  updated_by: string | null;
}

export interface BackfillsTable {
  project: string;
  backfill_id: string;
  job_id: string;
  revision: number;
  state: BackfillStateName;
  request: Json;
  definition_version: number;
  counters: Json;
  pause: Json | null;
  created_at: Time;
  created_by: string | null;
  closed_at: Time | null;
  close_reason: string | null;
  updated_at: Time;
}

export interface RunsTable {
  project: string;
  run_id: string;
  job_id: string;
  definition_version: number;
  scheduled_at: Time;
  effective_at: Time | null;
  trigger: RunTrigger;
  state: RunState;
  reason: NotRunReason | null;
  detail: string | null;
  attempt: number;
  started_at: Time | null;
  finished_at: Time | null;
  error_code: string | null;
  error_message: string | null;
  input: Json | null;
  result: Json | null;
  worker: string | null;
  log: Json | null;
  result_location: string | null;
  progress: Json | null;
  error_fingerprint: string | null;
  error_causes: Json | null;
  recorded_at: Time;
  dismissed_at: Time | null;
  dismissed_by: string | null;
  dismissed_note: string | null;
}

/** Attempts that failed before the one a run's row tells of. */
export interface AttemptsTable {
  project: string;
  run_id: string;
  attempt: number;
  state: RunState;
  started_at: Time | null;
  finished_at: Time;
  error_code: string | null;
  error_message: string | null;
  error_causes: Json | null;
  worker: string | null;
}

export interface SecretsTable {
  project: string;
  name: string;
  /** Ascends by one with every value. */
  version: number;
  sealed: Buffer;
  /** Key it is sealed with. */
  key_id: string;
  created_at: Time;
  created_by: string | null;
  updated_at: Time;
  updated_by: string | null;
}

/** Rows are added, and never changed or deleted: a trigger sees to that. */
export interface AuditTable {
  entry_id: string;
  at: Time;
  project: string | null;
  caller_kind: string;
  caller_id: string;
  caller_name: string;
  key_id: string | null;
  address: string;
  request_id: string;
  action: string;
  target: string | null;
  outcome: string;
  before: Json | null;
  after: Json | null;
}
