import { createServices, type Services } from '../activities/services/services.js';
import { taskContext } from '../activities/task-context.js';
import type { LastSuccess, LogLevel, TaskContext } from '../core/task/context.js';

export interface LogLine {
  level: LogLevel;
  message: string;
  fields?: Record<string, unknown>;
}

/** What a task did, as its test sees it. */
export interface TaskTrace {
  log: LogLine[];
  progress: { done: number; total?: number; note?: string }[];
  heartbeats: unknown[];
}

export type ContextOptions = Partial<Pick<TaskContext, 'runId' | 'jobId' | 'project' | 'attempt' | 'signal'>> & {
  scheduledAt?: Date;
  effectiveAt?: Date;
  heartbeatDetails?: unknown;
  lastSuccess?: LastSuccess;
  services?: Partial<Services>;
  settings?: Services['settings'];
};

/** A context to call a task's `run` with, and the trace of what it did. */
export function testContext(options: ContextOptions = {}): { context: TaskContext; trace: TaskTrace } {
  const trace: TaskTrace = { log: [], progress: [], heartbeats: [] };
  const scheduledAt = options.scheduledAt ?? new Date('2026-01-01T00:00:00Z');
  const services = { ...createServices(options.settings ?? {}), ...options.services };
  const links = {
    project: options.project ?? 'default',
    jobId: options.jobId ?? 'job',
    runId: options.runId ?? 'job@2026-01-01T00:00:00Z',
    scheduledAt,
    effectiveAt: options.effectiveAt ?? scheduledAt,
    attempt: options.attempt ?? 1,
    heartbeatDetails: options.heartbeatDetails,
    write: (level: LogLevel, message: string, fields?: Record<string, unknown>) =>
      void trace.log.push({ level, message, ...(fields && { fields }) }),
    progress: (done: number, total?: number, note?: string) => void trace.progress.push({ done, total, note }),
    heartbeat: (details: unknown) => void trace.heartbeats.push(details),
    lastSuccess: async () => options.lastSuccess,
  };
  const signal = options.signal ?? new AbortController().signal;
  return { context: { ...taskContext(links, services), signal }, trace };
}
