import type { LogLevel } from './task/context.js';

/** One line of a run's log, as it is kept: an NDJSON object. */
export interface LogLine {
  /** RFC 3339. */
  time: string;
  level: LogLevel;
  message: string;
  /** Plain JSON, what the task gave beside the message. */
  fields?: Record<string, unknown>;
  attempt: number;
}

/** What the log itself says: that lines were left out, and how many. */
export const logMarks = { cut: 'log.cut', dropped: 'log.dropped' } as const;
