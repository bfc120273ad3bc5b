import type { ColumnType, Generated, GeneratedAlways } from 'kysely';
import type { Role } from '../core/access.js';
import type { BackfillStateName } from '../core/backfill/states.js';
import type { RunTrigger } from '../core/contract.js';
import type { OperationAction, OperationState } from '../core/operations.js';
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
  operations: OperationsTable;
  attempts: AttemptsTable;
  api_keys: ApiKeysTable;
  projects: ProjectsTable;
  members: MembersTable;
  revoked_sessions: RevokedSessionsTable;
  idempotent_requests: IdempotentRequestsTable;
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
  deleted_at: Time | null;
  deleted_by: string | null;
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
  /** Job id, task and description in lower case: what `text` looks in. Never read back. */
  search_text: ColumnType<never, string, string>;
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

export interface OperationsTable {
  project: string;
  operation_id: string;
  action: OperationAction;
  filter: Json;
  note: string | null;
  requester: Json;
  owners: Json | null;
  state: OperationState;
  total: number;
  done: Generated<number>;
  failed: Generated<number>;
  skipped: Generated<number>;
  errors: Generated<Json>;
  cursor: Json | null;
  page: Json | null;
  exhausted: Generated<boolean>;
  lease_holder: string | null;
  lease_until: Time | null;
  created_at: Time;
  created_by: string | null;
  cancelled_by: string | null;
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

export interface ApiKeysTable {
  key_id: string;
  /** `*`: all of them. */
  project: string;
  name: string;
  role: Role;
  payloads: boolean;
  scopes: Json | null;
  owns: Json;
  prefix: string;
  /** Keyed SHA-256 of the key, in hex. */
  mac: string;
  created_at: Time;
  created_by: string;
  expires_at: Time | null;
  last_used_at: Time | null;
  revoked_at: Time | null;
  revoked_by: string | null;
}

export interface ProjectsTable {
  name: string;
  description: string | null;
  created_at: Time;
  created_by: string | null;
  quota_jobs: number | null;
  quota_runs_per_day: number | null;
  quota_payload_bytes: number | null;
}

export interface MembersTable {
  project: string;
  subject: string;
  role: Role;
  payloads: boolean;
  added_at: Time;
  added_by: string | null;
}

/** Logins that somebody has ended before their time. */
export interface RevokedSessionsTable {
  id: string;
  expires_at: Time;
}

/** Requests with an idempotency key. Without `status`: being answered. */
export interface IdempotentRequestsTable {
  id: string;
  request: string;
  holder: string;
  lease_until: Time;
  created_at: Time;
  status: number | null;
  headers: Json | null;
  body: Buffer | null;
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
