import type { TaskDatabase, TaskFiles, TaskSecrets, TaskSettings, TaskWorkflows } from './services.js';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Lines of the run's log. Called itself, it writes at level `info`. Fields are plain JSON; secrets are masked. */
export interface TaskLog extends Record<LogLevel, (message: string, fields?: Record<string, unknown>) => void> {
  (message: string, fields?: Record<string, unknown>): void;
}

/** The last run of the job that succeeded: where incremental work goes on. */
export interface LastSuccess {
  runId: string;
  /** Nominal time. */
  scheduledAt: Date;
  finishedAt: Date;
  /** What it returned. */
  result: unknown;
}

/** What a task gets beside its input. */
export interface TaskContext {
  /** Id of the run, equal on every attempt: send it along as idempotency key. */
  readonly runId: string;
  readonly jobId: string;
  readonly project: string;
  /** Nominal time of the occurrence; of a run started by hand, the moment it was asked for. */
  readonly scheduledAt: Date;
  /** When it was to start: the nominal time, unless jitter or a window moved it. */
  readonly effectiveAt: Date;
  /** 1 for the first. */
  readonly attempt: number;
  /** Aborts on cancellation and when the attempt's time is up. Hand it to whatever can wait. */
  readonly signal: AbortSignal;
  readonly log: TaskLog;
  /** How far the run is, for people: shown within a second or two. `total` undefined: not known. */
  progress(done: number, total?: number, note?: string): void;
  /** Keeps `details` (plain JSON, small) for the next attempt, should this one not end. Not kept in the light lane. */
  heartbeat(details: unknown): void;
  /** What the attempt before kept last; undefined: nothing. */
  readonly heartbeatDetails: unknown;
  /** The job's last run that succeeded, asked of the ledger at the first call. */
  lastSuccess(): Promise<LastSuccess | undefined>;
  /** Secrets by name. What is read here is masked in logs, errors and results. */
  readonly secrets: TaskSecrets;
  /** `fetch` that refuses addresses in private networks, unless the configuration allows them. */
  readonly fetch: typeof globalThis.fetch;
  /** A connection that the configuration names. @throws CarillonError CONNECTION_UNKNOWN */
  db(name: string): Promise<TaskDatabase>;
  /** The run's own folder in the object store: artifacts, large results. */
  readonly files: TaskFiles;
  /** Temporal workflows that belong to the run. */
  readonly workflows: TaskWorkflows;
  /** What the configuration says. */
  readonly settings: TaskSettings;
}
