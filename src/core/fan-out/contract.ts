/** What the workflows and activities of a fan-out tell each other. */
import type { Retry } from '../definition.js';
import type { PartRange } from './division.js';

export const fanOutWorkflowType = 'fanOut';

/** The run that a fan-out is. Times RFC 3339. */
export interface FanOutRun {
  project: string;
  jobId: string;
  runId: string;
  scheduledAt: string;
  effectiveAt: string;
}

/** What is done with each item. */
export interface FanOutMember {
  task: string;
  /** Template of the input; without one the item is the input. */
  input?: unknown;
  /** Bound of one attempt, a duration. */
  timeout?: string;
  /** Default: the task's own. */
  retry?: Retry;
}

export interface SqlItems {
  connection: string;
  query: string;
  parameters: unknown[];
}

export interface HttpItems {
  url: string;
  headers: Record<string, string>;
  /** Name of a secret that is sent as bearer token. */
  bearer?: string;
  /** JSONPath of the items in an answer. */
  items: string;
  /** Where the next page is: `link` (the Link header), or the JSONPath of its address. */
  next: string;
}

/** Where the items come from. */
export type ItemSource = unknown[] | { sql: SqlItems } | { http: HttpItems };

/** When failed members end a fan-out. `maxFailed`: so many may fail, or so many percent (`5%`). */
export type FailurePolicy = 'fail_fast' | 'continue' | { maxFailed: number | string };

/** Start argument of the workflow `fanOut`. */
export interface FanOutRequest {
  run: FanOutRun;
  member: FanOutMember;
  items: ItemSource;
  window: number;
  chunk: number;
  policy: FailurePolicy;
}

/** The items as they lie in the run's folder of the object store. */
export interface ReadItems {
  folder: string;
  total: number;
  /** The pool that the members' task is for. */
  lane: 'standard' | 'heavy';
}

/** What all parts of a fan-out have in common. */
export interface FanOutBasis {
  run: FanOutRun;
  member: FanOutMember;
  folder: string;
  lane: ReadItems['lane'];
  /** Failed members allowed; null: any number. */
  allowed: number | null;
  /** Members of a chunk that run at a time. */
  concurrency: number;
  /** A part tells its parent whenever so many more members are done, or have failed. */
  steps: Advance;
}

/** Start argument of the workflow `fanOutPart`. */
export interface FanOutPart extends FanOutBasis {
  range: PartRange;
  /** Which of its parent's parts it is. */
  unit: number;
}

/** How far a part is: a running count. */
export interface Advance {
  done: number;
  failed: number;
}

export interface MemberFailure {
  /** Of the item, from 0. */
  index: number;
  code: string;
  message: string;
}

/** What became of a range of members. Those it does not count did not run to an end. */
export interface Tally {
  succeeded: number;
  failed: number;
  /** The task found nothing to do. */
  skipped: number;
  /** The first of the range, by index. */
  failures: MemberFailure[];
  /** Names of the objects with all failures, in the order of the members. */
  logs: string[];
}

/** How a fan-out ended; the run's result. */
export interface FanOutSummary {
  total: number;
  succeeded: number;
  failed: number;
  /** Those whose task found nothing to do, and those that were not run to an end. */
  skipped: number;
  /** The first 20. */
  failures: MemberFailure[];
  /** NDJSON of all failures; absent: none. */
  failuresLocation?: string;
}

export interface ChunkRequest extends FanOutBasis {
  from: number;
  to: number;
}

/** Heartbeat details of a chunk: what the next attempt need not do again. */
export interface ChunkProgress extends Tally {
  /** Bits of the members that are done, base64. */
  marks: string;
}

export interface FanOutActivities {
  /** Writes all items to the run's folder. Fails for good where the source is at fault. */
  readItems(request: Pick<FanOutRequest, 'run' | 'items' | 'member'>): Promise<ReadItems>;
  /** Runs a chunk of members. Cancelled, it returns what was done until then. */
  runMembers(request: ChunkRequest): Promise<Tally>;
  /** Joins logs of failures into one. @returns its location */
  joinFailures(request: { run: FanOutRun; logs: string[]; name: string }): Promise<string>;
}
