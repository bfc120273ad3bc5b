import type { LastSuccess, LogLevel, TaskContext, TaskLog } from '../core/task/context.js';
import type { RunIds, Services } from './services/services.js';

/** What ties a context to its attempt. */
export interface AttemptLinks extends RunIds {
  scheduledAt: Date;
  effectiveAt: Date;
  attempt: number;
  /** Takes a line of the run's log. */
  write(level: LogLevel, message: string, fields?: Record<string, unknown>): void;
  progress(done: number, total?: number, note?: string): void;
  heartbeat(details: unknown): void;
  heartbeatDetails: unknown;
  lastSuccess(): Promise<LastSuccess | undefined>;
}

/** The context of an attempt, all but its signal. */
export function taskContext(links: AttemptLinks, services: Services): Omit<TaskContext, 'signal'> {
  const { project, jobId, runId, scheduledAt, effectiveAt, attempt, heartbeatDetails } = links;
  const { settings, secrets, fetch } = services;
  let last: Promise<LastSuccess | undefined> | undefined;
  return {
    ...{ project, jobId, runId, scheduledAt, effectiveAt, attempt, heartbeatDetails },
    ...{ settings, secrets, fetch },
    log: taskLog(links.write),
    progress: (done, total, note) => links.progress(done, total, note),
    heartbeat: (details) => links.heartbeat(details),
    lastSuccess: () => (last ??= links.lastSuccess()),
    db: (name) => services.database(name),
    files: services.files(links),
    workflows: services.workflows(links),
  };
}

export function taskLog(write: AttemptLinks['write']): TaskLog {
  const at = (level: LogLevel) => (message: string, fields?: Record<string, unknown>) => write(level, message, fields);
  return Object.assign(at('info'), { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') });
}
