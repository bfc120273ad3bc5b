import type { Payload } from '@temporalio/common';
import type { LastSuccess, LogLevel } from '../../core/task/context.js';
import type { TaskOutcome } from '../../core/task/outcome.js';
import type { WireError } from './wire-error.js';

/** An attempt, as a host is told of it. */
export interface HostCall {
  /** Name and version: `report@2`. */
  task: string;
  /** As written: the host parses it. */
  input: unknown;
  project: string;
  jobId: string;
  runId: string;
  scheduledAt: Date;
  effectiveAt: Date;
  attempt: number;
  heartbeatDetails: unknown;
  /** Written to both outputs when the attempt has ended: what comes after belongs to the next. */
  mark: string;
}

/** What a host asks its worker for. */
export type Question =
  | { what: 'lastSuccess' }
  | { what: 'secret'; name: string }
  /** Payloads on their way to Temporal or back: hosts have no key. */
  | { what: 'encode' | 'decode'; payloads: Payload[] };

/** How an attempt ended in its host. Results travel as JSON text. */
export type HostEnd =
  | { result: string | undefined }
  | { omitted: string }
  | { outcome: TaskOutcome }
  | { error: WireError };

export type ToHost =
  | { type: 'ping' }
  | { type: 'run'; call: HostCall }
  | { type: 'abort'; reason: WireError }
  | { type: 'answer'; id: number; value?: LastSuccess | string | Payload[]; error?: WireError };

export type FromHost =
  | { type: 'ready' }
  | { type: 'pong' }
  | { type: 'log'; level: LogLevel; message: string; fields?: Record<string, unknown> }
  | { type: 'progress'; done: number; total?: number; note?: string }
  | { type: 'heartbeat'; details: unknown }
  | { type: 'ask'; id: number; question: Question }
  /** An error outside of the attempt's promise, or before the host was ready; the process ends with it. */
  | { type: 'crashed'; error: WireError }
  | { type: 'ended'; end: HostEnd };
