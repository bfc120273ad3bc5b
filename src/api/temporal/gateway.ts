import {
  Client,
  Connection,
  defaultGrpcRetryOptions,
  makeGrpcRetryInterceptor,
  WorkflowExecutionAlreadyStartedError,
} from '@temporalio/client';
import { type DataConverter, defineSearchAttributeKey, TypedSearchAttributes } from '@temporalio/common';
import type { CommandName } from '../../core/commands.js';
import {
  type JobCarry,
  type JobSnapshot,
  jobWorkflowType,
  laneTaskQueue,
  searchAttributes,
} from '../../core/contract.js';
import { CarillonError } from '../../core/errors.js';
import { parseWorkflowId } from '../../core/ids.js';
import type { JobState } from '../../core/states.js';
import { detailsOf, summaryOf } from '../jobs/details.js';
import { type Beginning, idOf, type WorkflowRef } from './beginning.js';
import { fromTemporal, isNotFound, isUnanswered } from './errors.js';
import { messageOf } from './failure-message.js';

export interface GatewayOptions {
  address: string;
  namespace: string;
  /** Task queue of the job workflows. */
  taskQueue: string;
  now: () => number;
  /** How payloads are sealed. Default: not. */
  dataConverter?: DataConverter;
  /** How long a command waits for a worker, in milliseconds, before it is left as a Signal. Default 5000. */
  commandTimeoutMs?: number;
  /** How long a query waits for a worker, in milliseconds. Default 2000. */
  queryTimeoutMs?: number;
}

export interface JobRefs {
  project: string;
  jobId: string;
}
/** What Temporal itself knows of a job, without a worker. */
export interface Execution {
  open: boolean;
  /** Status by Temporal's name: RUNNING, COMPLETED, TERMINATED... */
  status: string;
  closedAt?: string;
  memo: JobMemo;
  /** Activities in progress, by run id. */
  pending: PendingAttempt[];
}
export interface PendingAttempt {
  runId: string;
  attempt: number;
  lastFailure?: string;
  nextAttemptAt?: string;
}
/** Lets a repeated creation be judged while the database is away. */
export interface JobMemo {
  digest?: string;
  idempotencyKey?: string;
  createdAt?: string;
  createdBy?: string;
}
export interface OpenJob extends JobRefs {
  state?: JobState;
}

const keys = {
  project: defineSearchAttributeKey(searchAttributes.project, 'KEYWORD'),
  task: defineSearchAttributeKey(searchAttributes.task, 'KEYWORD'),
  state: defineSearchAttributeKey(searchAttributes.state, 'KEYWORD'),
  owner: defineSearchAttributeKey(searchAttributes.owner, 'KEYWORD'),
  priority: defineSearchAttributeKey(searchAttributes.priority, 'INT'),
};

/** The only way to Temporal. Every call has a deadline, every error is a CarillonError. */
export class Gateway {
  readonly #connection: Connection;
  readonly #client: Client;
  readonly #options: Required<Omit<GatewayOptions, 'dataConverter'>>;
  readonly #inFlight = new Set<Promise<unknown>>();

  /** Connects with the first call, so that an API starts while Temporal is down. */
  constructor({ dataConverter, ...options }: GatewayOptions) {
    this.#options = { commandTimeoutMs: 5000, queryTimeoutMs: 2000, ...options };
    this.#connection = Connection.lazy({
      address: options.address,
      connectTimeout: 2000,
      channelArgs: { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 1000 },
      interceptors: [makeGrpcRetryInterceptor(defaultGrpcRetryOptions({ maxAttempts: 3 }))],
    });
    this.#client = new Client({ connection: this.#connection, namespace: options.namespace, dataConverter });
  }

  /** Starts the workflow of a job. False when the id is taken, by a closed job too. */
  async start(carry: JobCarry): Promise<boolean> {
    const { project, definition, digest, idempotencyKey, createdAt, createdBy, words, state } = carry.job;
    const { task, owner, priority } = definition;
    return this.begin(carry.job, {
      ...{ type: jobWorkflowType, carry, project, task, owner, state, priority },
      memo: { digest, idempotencyKey, createdAt, createdBy } satisfies JobMemo,
      summary: summaryOf(task, words),
      details: detailsOf(carry.job),
    });
  }

  /** Starts a workflow. False when the id is taken, by a closed one too. */
  async begin(ref: WorkflowRef, beginning: Beginning): Promise<boolean> {
    const { type, carry, project, task, owner, state, priority, memo, summary, details } = beginning;
    try {
      await this.#call(() =>
        this.#client.workflow.start(type, {
          workflowId: idOf(ref),
          taskQueue: this.#options.taskQueue,
          args: [carry],
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          workflowIdConflictPolicy: 'FAIL',
          workflowTaskTimeout: '2s',
          typedSearchAttributes: new TypedSearchAttributes([
            { key: keys.project, value: project },
            { key: keys.task, value: task },
            { key: keys.state, value: state },
            { key: keys.priority, value: priority },
            ...(owner ? [{ key: keys.owner, value: owner }] : []),
          ]),
          memo,
          staticSummary: summary,
          staticDetails: details,
          priority: { priorityKey: priority },
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
      throw error;
    }
  }

  /**
   * Sends a command as an Update; when no worker answers in time, leaves the same command as a Signal.
   * @returns the workflow's answer, or `unconfirmed` after the Signal; undefined when no such job is open
   */
  async command<Answer>(
    ref: WorkflowRef,
    name: CommandName,
    payload: { commandId: string },
  ): Promise<Answer | 'unconfirmed' | undefined> {
    const handle = this.#handle(ref);
    try {
      return await this.#within(this.#options.commandTimeoutMs, () =>
        handle.executeUpdate<Answer, [unknown]>(name, { args: [payload], updateId: payload.commandId }),
      );
    } catch (error) {
      if (isNotFound(error)) return undefined;
      if (!isUnanswered(error)) throw this.#translated(error);
    }
    try {
      await this.#call(() => handle.signal(name, payload));
      return 'unconfirmed';
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** Asks the workflow. `unanswered` when no worker takes it up in time; undefined when there is no such workflow. */
  async query<Answer>(
    ref: WorkflowRef,
    name: 'status' | 'definition' | 'snapshot',
  ): Promise<Answer | 'unanswered' | undefined> {
    try {
      return await this.#within(this.#options.queryTimeoutMs, () => this.#handle(ref).query<Answer>(name));
    } catch (error) {
      if (isNotFound(error)) return undefined;
      if (!isUnanswered(error)) throw this.#translated(error);
      return 'unanswered';
    }
  }

  /** What Temporal knows of the job; undefined when it knows nothing (any more). */
  async describe(ref: WorkflowRef): Promise<Execution | undefined> {
    try {
      const described = await this.#call(() => this.#handle(ref).describe());
      return {
        open: described.status.name === 'RUNNING',
        status: described.status.name,
        closedAt: described.closeTime?.toISOString(),
        memo: (described.memo ?? {}) as JobMemo,
        pending: await Promise.all(
          (described.raw.pendingActivities ?? []).map(async (activity) => ({
            runId: activity.activityId ?? '',
            attempt: activity.attempt ?? 1,
            lastFailure: await messageOf(activity.lastFailure, this.#client.options.loadedDataConverter),
            nextAttemptAt: toIso(activity.nextAttemptScheduleTime),
          })),
        ),
      };
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** The final snapshot of what has closed; undefined when its workflow did not end by itself. */
  async result<Snapshot = JobSnapshot>(ref: WorkflowRef): Promise<Snapshot | undefined> {
    try {
      return await this.#call(() => this.#handle(ref).result() as Promise<Snapshot>);
    } catch (error) {
      if (error instanceof CarillonError) throw error;
      return undefined;
    }
  }

  /** One page of the jobs that are open on this task queue, with the state Temporal shows. */
  async listOpen(
    pageToken: Uint8Array | undefined,
    pageSize = 200,
  ): Promise<{ jobs: OpenJob[]; next: Uint8Array | undefined }> {
    const { namespace, taskQueue } = this.#options;
    const answer = await this.#call(() =>
      this.#connection.workflowService.listWorkflowExecutions({
        namespace,
        pageSize,
        nextPageToken: pageToken,
        query: `WorkflowType = '${jobWorkflowType}' AND ExecutionStatus = 'Running' AND TaskQueue = '${taskQueue}'`,
      }),
    );
    const jobs = answer.executions.flatMap((info): OpenJob[] => {
      const ref = parseWorkflowId(info.execution?.workflowId ?? '');
      const state = info.searchAttributes?.indexedFields?.[searchAttributes.state]?.data;
      return ref ? [{ ...ref, state: state ? keywordOf(state) : undefined }] : [];
    });
    return { jobs, next: answer.nextPageToken?.length ? answer.nextPageToken : undefined };
  }

  /** How many pollers were seen in the last 70 s (a long poll lasts a minute). */
  async pollers(): Promise<{ scheduler: number; heavy: number }> {
    const { namespace, taskQueue, now } = this.#options;
    const count = async (name: string, taskQueueType: 1 | 2) => {
      const { pollers } = await this.#call(() =>
        this.#connection.workflowService.describeTaskQueue({ namespace, taskQueue: { name }, taskQueueType }),
      );
      const recent = pollers.filter((poller) => Number(poller.lastAccessTime?.seconds ?? 0) * 1000 > now() - 70_000);
      return new Set(recent.map((poller) => poller.identity)).size;
    };
    const [scheduler, heavy] = await Promise.all([count(taskQueue, 1), count(laneTaskQueue(taskQueue, 'heavy'), 2)]);
    return { scheduler, heavy };
  }

  async ping(): Promise<void> {
    await this.#call(() => this.#connection.workflowService.getSystemInfo({}), 2000);
  }

  /** Lets the calls in flight end first (each has its deadline): a retry on a closed channel would throw in a timer. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#inFlight);
    await this.#connection.close();
  }

  #handle(ref: WorkflowRef) {
    return this.#client.workflow.getHandle(idOf(ref));
  }

  async #call<Answer>(send: () => Promise<Answer>, timeoutMs = 5000): Promise<Answer> {
    try {
      return await this.#within(timeoutMs, send);
    } catch (error) {
      throw this.#translated(error);
    }
  }

  async #within<Answer>(timeoutMs: number, send: () => Promise<Answer>): Promise<Answer> {
    const call = this.#connection.withDeadline(this.#options.now() + timeoutMs, send);
    this.#inFlight.add(call);
    try {
      return await call;
    } finally {
      this.#inFlight.delete(call);
    }
  }

  #translated(error: unknown): unknown {
    return fromTemporal(error, this.#options.address);
  }
}

/** One keyword is sent as text or as a list of one, depending on who set it. */
function keywordOf(data: Uint8Array): JobState {
  const value = JSON.parse(Buffer.from(data).toString()) as JobState | [JobState];
  return Array.isArray(value) ? value[0] : value;
}

function toIso(time: { seconds?: unknown; nanos?: number | null } | null | undefined): string | undefined {
  return time ? new Date(Number(time.seconds) * 1000 + (time.nanos ?? 0) / 1e6).toISOString() : undefined;
}
