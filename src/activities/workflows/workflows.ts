import {
  Client,
  type ConnectionLike,
  QueryNotRegisteredError,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowHandle,
} from '@temporalio/client';
import { durationMs } from '../../core/duration.js';
import { runWorkflowId } from '../../core/ids.js';
import type { TaskWorkflowStart, TaskWorkflows } from '../../core/task/services.js';
import type { RunIds } from '../services/services.js';
import { isShutdown } from './shutdown.js';
import { workflowError } from './workflow-error.js';

/** How the process reaches Temporal. */
export interface TemporalLink {
  /** A worker's own connection serves. */
  connection: ConnectionLike;
  namespace: string;
  /** Where the scheduler's workflows run. */
  taskQueue: string;
  /** How often a workflow is asked how far it is. Default 1 s. */
  progressMs?: number;
}

/** Workflows that belong to runs. The id is the run's, so whoever asks again finds the one that was started. */
export function createWorkflows({ connection, namespace, taskQueue, progressMs = 1000 }: TemporalLink) {
  const client = new Client({ connection, namespace });

  return (run: RunIds): TaskWorkflows => ({
    async execute(start, signal) {
      signal.throwIfAborted();
      const workflowId = runWorkflowId(run.project, run.runId, start.part);
      const handle = await startOrFind(workflowId, start, run).catch((error) => {
        throw workflowError(error, start.type);
      });
      const ended = new AbortController();
      const stop = () => {
        // A worker that shuts down leaves the workflow alone: the next attempt finds it.
        if (isShutdown(signal.reason)) ended.abort(signal.reason);
        else void handle.cancel().catch(() => {});
      };
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      const { onProgress } = start;
      if (onProgress) void follow(handle, onProgress, progressMs, ended.signal);
      try {
        return await client.withAbortSignal(ended.signal, () => handle.result());
      } catch (error) {
        throw signal.aborted ? signal.reason : workflowError(error, start.type);
      } finally {
        signal.removeEventListener('abort', stop);
        ended.abort();
      }
    },
  });

  async function startOrFind(workflowId: string, start: TaskWorkflowStart, { jobId }: RunIds): Promise<WorkflowHandle> {
    const { type, args, executionTimeout } = start;
    try {
      return await client.workflow.start(type, {
        workflowId,
        args,
        taskQueue: start.taskQueue ?? taskQueue,
        ...(executionTimeout && { workflowExecutionTimeout: durationMs(executionTimeout, 'executionTimeout') }),
        workflowIdConflictPolicy: 'USE_EXISTING',
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        staticSummary: `a run of ${jobId}`,
      });
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return client.workflow.getHandle(workflowId);
      throw error;
    }
  }

  /** Asks until the workflow ended, or has no such query. A question that fails is asked again. */
  async function follow(
    handle: WorkflowHandle,
    tell: NonNullable<TaskWorkflowStart['onProgress']>,
    everyMs: number,
    ended: AbortSignal,
  ): Promise<void> {
    while (!ended.aborted) {
      try {
        const answer = await client.withAbortSignal(ended, () => handle.query<unknown>('progress'));
        const progress = progressOf(answer);
        if (progress && !ended.aborted) tell(progress);
      } catch (error) {
        if (error instanceof QueryNotRegisteredError) return;
      }
      await passed(everyMs, ended);
    }
  }
}

/** What a user's workflow answers may be anything. */
function progressOf(answer: unknown): { done: number; total?: number; note?: string } | undefined {
  const { done, total, note } = (answer ?? {}) as Record<string, unknown>;
  if (typeof done !== 'number') return undefined;
  return { done, ...(typeof total === 'number' && { total }), ...(typeof note === 'string' && { note }) };
}

function passed(ms: number, ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer);
      ended.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, ms);
    ended.addEventListener('abort', over);
    if (ended.aborted) over();
  });
}
