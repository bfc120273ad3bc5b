/**
 * The contract between API, workflow and activities: names and payloads. All sides derive from this file and
 * nothing else crosses between them. Times are RFC 3339 in UTC, durations ISO 8601.
 */
import type { Definition, Lane } from './definition.js';
import type { Pause } from './pause.js';
import type { LedgerEntry, RunError, RunSummary, RunTrigger } from './run.js';
import type { NormalSchedule, Schedule } from './schedule/schema.js';
import type { JobState } from './states.js';

export type { MissedMeanwhile, Pause } from './pause.js';
export {
  type FailedAttempt,
  type LedgerEntry,
  type RunError,
  type RunLogSummary,
  type RunProgress,
  type RunSummary,
  type RunTrigger,
  runTriggers,
} from './run.js';

export const jobWorkflowType = 'job';
export const schedulerTaskQueue = 'carillon';
/** Task queue of a lane with a pool of its own. */
export function laneTaskQueue(schedulerQueue: string, lane: 'heavy'): string {
  return `${schedulerQueue}-${lane}`;
}

export const searchAttributes = {
  project: 'CarillonProject',
  task: 'CarillonTask',
  state: 'CarillonState',
  owner: 'CarillonOwner',
  priority: 'CarillonPriority',
} as const;

/** The nominal time of an occurrence, and the moment to wake for it: ahead, so that the run is ready at its instant. */
export interface PlanEntry {
  at: string;
  wake: string;
  /** When the run starts, if jitter or a window moves it away from its nominal time. Never past the next nominal time. */
  effectiveAt?: string;
  /** The occurrence does not run: what takes it out (`calendar holidays`). It is not woken for. */
  excluded?: string;
  /** The occurrence was moved here from an excluded time, and why. */
  moved?: string;
}
export interface Plan {
  /** Ascending in `at`. */
  entries: PlanEntry[];
  /** No occurrence follows the last entry. */
  exhausted: boolean;
}
/** How many occurrences a plan holds; when half are left, a run asks for more. */
export const planLength = 20;
export interface PlanRequest {
  /** Occurrences strictly after this time. */
  after: string;
  count: number;
}

/** A definition that passed every check, with what the workflow cannot compute itself. */
export interface PreparedDefinition {
  definition: Definition;
  /** Digest of the definition as submitted; equal digests mean nothing changed. */
  digest: string;
  /** The schedule in words. */
  words: string;
  plan: Plan;
}

/** An entry waiting in the workflow; `seq` ascends and is what acknowledgements name. */
export interface OutboxEntry extends LedgerEntry {
  seq: number;
}

export interface JobCounters {
  succeeded: number;
  failed: number;
  timedOut: number;
  cancelled: number;
  skipped: number;
  missed: number;
  /** Scheduled runs started; `maxRuns` counts these. */
  started: number;
}

/** The job as it stands: the projection PostgreSQL keeps. An older revision never overwrites a newer one. */
export interface JobSnapshot {
  project: string;
  jobId: string;
  /**
   * Ascends by 2 with every change the workflow makes. The number in between belongs to the activity that executed a
   * run and foretells the workflow's next state: a command given meanwhile outranks it.
   */
  revision: number;
  state: JobState;
  definition: Definition;
  definitionVersion: number;
  digest: string;
  words: string;
  idempotencyKey?: string;
  createdAt: string;
  createdBy?: string;
  /** When this version of the definition came, and from whom. */
  definedAt: string;
  definedBy?: string;
  nextRunAt: string | null;
  running: number;
  counters: JobCounters;
  lastRun: RunSummary | null;
  pause: Pause | null;
  closedAt: string | null;
  closeReason: string | null;
}

/** Answer of the `status` query. */
export interface JobStatus {
  project: string;
  jobId: string;
  state: JobState;
  revision: number;
  nextTimes: string[];
  running: RunSummary[];
  recent: RunSummary[];
  counters: JobCounters;
  pause: Pause | null;
  /** Occurrences waiting in the workflow for the ledger. */
  outbox: number;
  /** Why the last command given as a Signal was refused, if it was. */
  lastRefusal: RunError | null;
}

export interface RunInProgress extends RunSummary {
  /** How the run is executed now: a light run that failed or overran goes on in `standard`. */
  via: Lane;
  input?: unknown;
  holdUntil?: string;
  /** The attempt starts at this time: a retry waiting in the workflow. */
  retryAt?: string;
  /** An activity is under way. */
  executing: boolean;
  /** It was told to make room for this run: if it ends cancelled, that is why. */
  replacedBy?: string;
  /** It was told to stop by command: if it ends cancelled, that is why. */
  stopped?: { reason?: string };
}

/** An occurrence that waits for the run before it, or a run just asked for. */
export interface WaitingRun {
  runId: string;
  scheduledAt: string;
  trigger: RunTrigger;
  input?: unknown;
  /** Woken ahead of its time: the worker holds it until this instant. */
  holdUntil?: string;
  /** When it is to start, if that is not its nominal time. */
  effectiveAt?: string;
  /** Why it is at this time: it was moved here. */
  detail?: string;
}

/** All a job is. Start argument of the workflow, and what continue-as-new carries. */
export interface JobCarry {
  job: Omit<JobSnapshot, 'nextRunAt' | 'running' | 'lastRun'>;
  plan: Plan;
  /** Last nominal time decided on; planning goes on after it. */
  cursor: string;
  running: RunInProgress[];
  /** In the order they will start. */
  waiting: WaitingRun[];
  /** Due while the job is paused, kept until it is resumed; oldest first. */
  kept?: WaitingRun[];
  /** Failed runs in a row. */
  failures?: number;
  /** When the last run that was caught up started. */
  caughtUpAt?: string;
  recent: RunSummary[];
  outbox: OutboxEntry[];
  nextSeq: number;
  /** When the workflow must write what the database lacks by itself, if no run takes it along before. */
  syncBy: string | null;
  /** Ids of recent commands and keys of recent triggers, oldest first. */
  recentCommands: string[];
  lastRefusal: RunError | null;
  /** {@link codeVersion} the execution began with, absent for 1: a history replays with the order of commands it has. */
  codeVersion?: number;
}

/** Of the workflow's order of commands. 2: local activities are guarded by a timer. */
export const codeVersion = 2;

/** Input of {@link Activities.executeRun}. */
export interface RunRequest {
  /** The run belongs to a backfill: its end is no news of the job. */
  standalone?: true;
  runId: string;
  scheduledAt: string;
  trigger: RunTrigger;
  input?: unknown;
  holdUntil?: string;
  effectiveAt?: string;
  detail?: string;
  /** Attempts made before this activity, in another lane. */
  priorAttempts: number;
  /** When the first attempt of the run began, if this activity is not the first. */
  startedAt?: string;
  /** Until this time no other worker can have executed the run: the ledger need not be asked. */
  unheardUntil?: string;
  snapshot: JobSnapshot;
  outbox: OutboxEntry[];
  /** Present when the plan runs low. */
  plan?: PlanRequest;
  /** Nothing follows this run: the job ends with it. */
  last: boolean;
  /** In the light lane a failed attempt is reported, not thrown: the workflow moves the run to `standard`. */
  via: Lane;
}

export interface RunReceipt {
  summary: RunSummary;
  /** Ask for another attempt after this time; only the light lane says so. */
  retryAt?: string;
  /** The ledger has the run. Otherwise `entry` is to wait in the outbox. */
  recorded: boolean;
  entry?: LedgerEntry;
  /** All outbox entries up to this `seq` are in the ledger. */
  ackedSeq: number;
  plan?: Plan;
}

/** Input of {@link Activities.syncJob}. */
export interface SyncRequest {
  snapshot: JobSnapshot;
  outbox: OutboxEntry[];
}
export interface SyncReceipt {
  ackedSeq: number;
}

export interface RecallRequest {
  project: string;
  runId: string;
}

/** A definition that came by hand: as a person wrote it, or a new schedule for the current one. */
export interface PrepareRequest {
  project: string;
  jobId: string;
  current: Definition;
  schedule?: Schedule;
  definition?: unknown;
}

/** What the worker offers the workflow. Implemented in src/activities; proxied in src/workflows. */
export interface Activities {
  /** Executes one attempt of a run and writes the ledger with everything in the request. */
  executeRun(request: RunRequest): Promise<RunReceipt>;
  /** Writes what waits in the workflow. Fails, to be retried, while the database is away. */
  syncJob(request: SyncRequest): Promise<SyncReceipt>;
  /** How a run ended, if the ledger knows; null while the database is away. */
  recallRun(request: RecallRequest): Promise<RunSummary | null>;
  /** Further occurrences of a schedule, where no run brought them along. */
  planJob(request: PlanRequest & { schedule: NormalSchedule }): Promise<Plan>;
  /** Checks a definition or schedule that came by hand. Fails for good with the code of a CarillonError. */
  prepareDefinition(request: PrepareRequest): Promise<PreparedDefinition>;
}
