import { setMaxListeners } from 'node:events';
import {
  Client,
  QueryNotRegisteredError,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowHandle,
} from '@temporalio/client';
import { durationMs } from '../../core/duration.js';
import { runWorkflowId } from '../../core/ids.js';
import type { TaskWorkflowStart, TaskWorkflows } from '../../core/task/services.js';
import type { RunIds } from '../services/services.js';
import { isHandedOver } from './handed-over.js';
import type { TemporalLink } from './link.js';
import { workflowError } from './workflow-error.js';

/** Workflows that belong to runs. The id is the run's, so whoever asks again finds the one that was started. */
export function createWorkflows({ connection, namespace, taskQueue, dataConverter, progressMs = 1000 }: TemporalLink) {
  const client = new Client({ connection, namespace, dataConverter });

  return (run: RunIds): TaskWorkflows => ({
    async execute(start, signal) {
      signal.throwIfAborted();
      const workflowId = runWorkflowId(run.project, run.runId, start.part);
      const handle = await startOrFind(workflowId, start, run).catch((error) => {
        throw workflowError(error, start.type);
      });
      const ended = new AbortController();
      // A long poll takes a minute, and leaves a listener.
      setMaxListeners(0, ended.signal);
      const stop = () => {
        // Another attempt finds the workflow: it is left alone.
        if (isHandedOver(signal.reason)) ended.abort(signal.reason);
        else void handle.cancel().catch(() => {});
      };
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      const { onProgress } = start;
      if (onProgress) void follow(handle, onProgress, progressMs, ended.signal);
      try {
        const result = client.withAbortSignal(ended.signal, () => handle.result());
        // A worker's connection does not hear signals: the wait ends here then, the call with the connection.
        return await Promise.race([result, aborted(ended.signal)]);
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
      // Of its own: a connection may keep a listener for each call it was given a signal for.
      const asking = new AbortController();
      const stop = () => asking.abort();
      ended.addEventListener('abort', stop);
      try {
        const answer = await client.withAbortSignal(asking.signal, () => handle.query<unknown>('progress'));
        const progress = progressOf(answer);
        if (progress && !ended.aborted) tell(progress);
      } catch (error) {
        if (error instanceof QueryNotRegisteredError) return;
      } finally {
        ended.removeEventListener('abort', stop);
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

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    if (signal.aborted) reject(signal.reason);
  });
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
