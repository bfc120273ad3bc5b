import type { DataConverter } from '@temporalio/common';
import { type NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { createActivities } from '../activities/activities.js';
import type { RunDependencies } from '../activities/execute-run.js';
import { laneTaskQueue } from '../core/contract.js';

export interface CarillonWorkerOptions {
  connection: NativeConnection;
  namespace: string;
  /** The scheduler's task queue; the heavy lane's name derives from it. */
  taskQueue: string;
  dependencies: RunDependencies;
  /** How payloads are sealed. Default: not. */
  dataConverter?: DataConverter;
  /** Attempts at the same time in this worker. Default 100. */
  concurrency?: number;
  /** Jobs kept in memory; a job that is not is replayed when it is due. Default 2000, about 0.5 GB. */
  maxCachedJobs?: number;
}

/** Runs the jobs themselves, and the light and standard lanes. `bundle` holds the workflow code. */
export function createSchedulerWorker(
  options: CarillonWorkerOptions & { bundle: NonNullable<WorkerOptions['workflowBundle']> },
): Promise<Worker> {
  const concurrency = options.concurrency ?? 100;
  return Worker.create({
    ...shared(options),
    taskQueue: options.taskQueue,
    workflowBundle: options.bundle,
    maxConcurrentLocalActivityExecutions: concurrency,
    // A light run keeps its workflow task open, from the wake ahead of its time to its end.
    maxConcurrentWorkflowTaskExecutions: Math.max(40, 2 * concurrency),
    maxCachedWorkflows: options.maxCachedJobs ?? 2000,
    // A killed worker must not hold up the jobs it had in memory.
    stickyQueueScheduleToStartTimeout: '1s',
  });
}

/** Runs one lane of heavy tasks, and no jobs. */
export function createHeavyWorker(options: CarillonWorkerOptions): Promise<Worker> {
  return Worker.create({ ...shared(options), taskQueue: laneTaskQueue(options.taskQueue, 'heavy') });
}

function shared({ connection, namespace, dependencies, concurrency, dataConverter }: CarillonWorkerOptions) {
  return {
    connection,
    namespace,
    dataConverter,
    activities: createActivities(dependencies),
    maxConcurrentActivityTaskExecutions: concurrency ?? 100,
    // Beats carry cancellation back; this is how soon a run learns of it.
    maxHeartbeatThrottleInterval: '2s',
    shutdownGraceTime: '5s',
    shutdownForceTime: '15s',
  } satisfies Partial<WorkerOptions>;
}
