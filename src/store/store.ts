import { type Kysely, sql } from 'kysely';
import { type AttemptReader, attemptReader } from './attempts.js';
import { type AuditStore, auditStore } from './audit.js';
import { type BackfillStore, backfillStore } from './backfills.js';
import { type CalendarStore, calendarStore } from './calendars.js';
import { type ChangeReader, changeReader } from './changes.js';
import { connect } from './connection.js';
import { type IdempotencyStore, idempotencyStore } from './idempotency.js';
import { type JobCounter, jobCounter } from './job-counts.js';
import { type JobReader, jobReader } from './jobs.js';
import { type KeyStore, keyStore } from './keys.js';
import { type LedgerBatch, writeLedger } from './ledger.js';
import { type MemberStore, memberStore } from './members.js';
import { migrate } from './migrate.js';
import { type OperationStore, operationStore } from './operations.js';
import { type ProgressRow, writeProgress } from './progress.js';
import { type ProjectStore, projectStore } from './projects.js';
import { type QuotaStore, quotaStore } from './quotas.js';
import { type RateBucketStore, rateBucketStore } from './rate-buckets.js';
import { type RunReader, runReader } from './runs.js';
import type { Database } from './schema.js';
import { type SecretStore, secretStore } from './secrets.js';
import { type SessionStore, sessionStore } from './sessions.js';
import { tidy } from './tidy.js';
import { type VersionReader, versionReader } from './versions.js';

/**
 * The read model: jobs as they stand, the ledger of runs, and the definitions jobs have had. Times go in and come out as
 * RFC 3339 in UTC. Every method throws CarillonError: STORE_UNAVAILABLE when the database does not answer within
 * `timeoutMs` (try again), INTERNAL when it refuses the statement (the cause says why). A store recovers by itself.
 */
export interface Store {
  /** Brings the schema up to date; any number of processes may call it at once. Returns the names applied by this call. */
  migrate(): Promise<string[]>;
  /** @throws CarillonError STORE_UNAVAILABLE */
  ping(): Promise<void>;
  /** All of the batches or none, in one round trip; see {@link writeLedger} for what replaces what. */
  write(batches: LedgerBatch[]): Promise<void>;
  /** See {@link writeProgress}. */
  writeProgress(rows: ProgressRow[]): Promise<void>;
  readonly jobs: JobReader;
  readonly jobCounts: JobCounter;
  readonly runs: RunReader;
  readonly attempts: AttemptReader;
  readonly versions: VersionReader;
  /** Calendars belong to the database alone: no workflow writes them. */
  readonly calendars: CalendarStore;
  readonly backfills: BackfillStore;
  readonly keys: KeyStore;
  readonly projects: ProjectStore;
  readonly members: MemberStore;
  readonly sessions: SessionStore;
  readonly changes: ChangeReader;
  /** Operations belong to the database alone as well. */
  readonly operations: OperationStore;
  readonly idempotency: IdempotencyStore;
  readonly rateBuckets: RateBucketStore;
  readonly quotas: QuotaStore;
  /** Sealed: the store never sees a value. */
  readonly secrets: SecretStore;
  readonly audit: AuditStore;
  /**
   * Does what autovacuum would, for an engine that has none. Takes as long as it needs.
   * @returns names of the tables tidied
   */
  tidy(): Promise<string[]>;
  close(): Promise<void>;
}

export interface StoreOptions {
  /** `postgresql://user:password@host:port/database`; a Unix socket as `?host=/path/to/its/folder`. */
  url: string;
  /** Connections at most, default 4. They are opened as they are needed. */
  poolSize?: number;
  /** Bound in milliseconds of waiting for a connection, and of each statement. Default 1000. Migrations are not bound. */
  timeoutMs?: number;
}

/** Bound of a statement that reads all of a project, in milliseconds. */
const patientMs = 30_000;

/** @throws CarillonError CONFIG_INVALID; a database that is away is reported by the first use, not here. */
export function createStore({ url, poolSize = 4, timeoutMs = 1000 }: StoreOptions): Store {
  const { db, close } = connect({ url, poolSize, timeoutMs });
  /** For what reads much. It connects when it is used, as the other does. */
  const patient = connect({ url, poolSize: 1, timeoutMs: Math.max(timeoutMs, patientMs) });
  /** On a connection of its own, for as long as it takes. */
  const unbound = async <Result>(work: (db: Kysely<Database>) => Promise<Result>) => {
    const connection = connect({ url, poolSize: 1, timeoutMs: 0 });
    try {
      return await work(connection.db);
    } finally {
      await connection.close();
    }
  };
  return {
    migrate: () => unbound(migrate),
    tidy: () => unbound(tidy),
    async ping() {
      await sql`select 1`.execute(db);
    },
    write: (batches) => writeLedger(db, batches),
    writeProgress: (rows) => writeProgress(db, rows),
    jobs: jobReader(db),
    jobCounts: jobCounter(db, patient.db),
    runs: runReader(db),
    attempts: attemptReader(db),
    versions: versionReader(db),
    calendars: calendarStore(db),
    backfills: backfillStore(db),
    keys: keyStore(db),
    projects: projectStore(db),
    members: memberStore(db),
    sessions: sessionStore(db),
    changes: changeReader(db),
    operations: operationStore(db),
    idempotency: idempotencyStore(db),
    rateBuckets: rateBucketStore(db),
    quotas: quotaStore(db),
    secrets: secretStore(db),
    audit: auditStore(db),
    async close() {
      await Promise.all([close(), patient.close()]);
    },
  };
}

export type { AttemptReader } from './attempts.js';
export type { AuditEntry, AuditFilter, AuditKey, AuditStore } from './audit.js';
export type { BackfillFilter, BackfillKey, BackfillRow, BackfillStore } from './backfills.js';
export type {
  CalendarKey,
  CalendarRow,
  CalendarStore,
  CalendarUse,
  CalendarUseKey,
  CalendarWrite,
} from './calendars.js';
export type { Change, ChangeKey, ChangeReader } from './changes.js';
export type { ClaimOutcome, IdempotencyStore, KeptAnswer, RequestClaim } from './idempotency.js';
export type { JobCounter, JobCounts } from './job-counts.js';
export type { JobFilter, JobId, JobKey, JobReader, JobRow } from './jobs.js';
export type { KeyPlace, KeyRow, KeyStore, KeyUse, NewKey } from './keys.js';
export type { LedgerBatch } from './ledger.js';
export type { LastOwner, MemberKey, MemberRow, MemberStore } from './members.js';
export type {
  Lease,
  OperationError,
  OperationFilter,
  OperationKey,
  OperationProgress,
  OperationRef,
  OperationRow,
  OperationStore,
} from './operations.js';
export type { Page, PageRequest } from './page.js';
export type { ProgressRow } from './progress.js';
export type { ProjectChange, ProjectKey, ProjectRow, ProjectStore, Quotas } from './projects.js';
export type { ProjectQuotas, QuotaStore } from './quotas.js';
export type { BucketLimit, RateBucketStore } from './rate-buckets.js';
export type { Dismissal, RunFilter, RunKey, RunReader, RunRef, RunRow } from './runs.js';
export type { SealedSecret, SecretKey, SecretRow, SecretStore } from './secrets.js';
export type { SessionStore } from './sessions.js';
export type { VersionKey, VersionReader, VersionRow } from './versions.js';
