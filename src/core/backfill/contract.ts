/** What API, workflow and activities of a backfill hand each other. Times are RFC 3339 in UTC. */
import type { JobCarry, JobSnapshot, OutboxEntry, Pause } from '../contract.js';
import type { NormalSchedule } from '../schedule/schema.js';
import type { BackfillOrder, BackfillStateName, RerunRule } from './states.js';

export const backfillWorkflowType = 'backfill';

/** What was asked for, defaults filled in. */
export interface BackfillRequest {
  /** Nominal times at or after this. */
  from: string;
  /** Nominal times before this. */
  to: string;
  /** Runs in progress at once. */
  maxActiveRuns: number;
  /** Temporal's priority of its runs: 1 is most urgent, 5 least. */
  priority: number;
  rerun: RerunRule;
  order: BackfillOrder;
  /** Input of its runs, in place of the definition's. */
  input?: unknown;
  note?: string;
}

export interface BackfillProgress {
  /** Runs planned so far. */
  total: number;
  /** Everything is planned: `total` and `remaining` stay as they are but for runs that end. */
  exact: boolean;
  succeeded: number;
  failed: number;
  timedOut: number;
  cancelled: number;
  /** Nominal times left out, because they ran before. */
  skipped: number;
  /** Nominal times left out, because the schedule excludes them. */
  excluded: number;
  running: number;
  /** Planned, and not ended. */
  remaining: number;
  /** Whole percent: of the runs when all are planned, else of the range gone through. */
  percent: number;
  /** Nominal time of the run started last. */
  reached: string | null;
}
/** What is counted; the rest of the progress follows from it. */
export type BackfillCounts = Omit<BackfillProgress, 'running' | 'remaining' | 'percent' | 'exact'>;

/** The backfill as it stands: the row PostgreSQL keeps. An older revision never overwrites a newer one. */
export interface BackfillSnapshot {
  project: string;
  backfillId: string;
  jobId: string;
  /** Ascends with every change. */
  revision: number;
  state: BackfillStateName;
  request: BackfillRequest;
  /** Version of the job's definition it runs, fixed at its creation. */
  definitionVersion: number;
  progress: BackfillProgress;
  pause: Omit<Pause, 'until'> | null;
  createdAt: string;
  createdBy?: string;
  closedAt: string | null;
  closeReason: string | null;
}

export interface BackfillRun {
  runId: string;
  scheduledAt: string;
}

/** All a backfill is. Start argument of the workflow, and what continue-as-new carries. */
export interface BackfillCarry extends Pick<JobCarry, 'nextSeq' | 'syncBy' | 'recentCommands' | 'lastRefusal'> {
  backfill: Omit<BackfillSnapshot, 'progress'>;
  counts: BackfillCounts;
  /** The job as it stood when the backfill was created: its runs follow this definition. */
  job: JobSnapshot;
  /** Where planning goes on: the last nominal time looked at; null before the first. */
  cursor: string | null;
  /** Planning has come to the end of the range. */
  planned: boolean;
  /** Nominal times still to run, in order. */
  queue: string[];
  running: BackfillRun[];
  outbox: OutboxEntry[];
  /** When the database last got the progress. */
  syncedAt: string | null;
}

export interface BackfillPageRequest extends Pick<BackfillRequest, 'from' | 'to' | 'rerun' | 'order'> {
  project: string;
  jobId: string;
  schedule: NormalSchedule;
  cursor: string | null;
  /** Nominal times wanted; there may be fewer, and none although more follow. */
  count: number;
}
export interface BackfillPage {
  /** Nominal times to run, in the order asked for. */
  times: string[];
  skipped: number;
  excluded: number;
  cursor: string | null;
  /** Nothing follows. */
  done: boolean;
}

export interface BackfillSyncRequest {
  snapshot: BackfillSnapshot;
  job: JobSnapshot;
  outbox: OutboxEntry[];
}

/** What the worker offers the workflow beside executing runs. */
export interface BackfillActivities {
  /** The following nominal times to run, by schedule and ledger. Fails, to be retried, while the database is away. */
  planBackfill(request: BackfillPageRequest): Promise<BackfillPage>;
  /** Writes the progress and what waits for the ledger. */
  syncBackfill(request: BackfillSyncRequest): Promise<{ ackedSeq: number }>;
}
