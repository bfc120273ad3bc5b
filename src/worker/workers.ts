import type { DataConverter } from '@temporalio/common';
import { type NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { createActivities } from '../activities/activities.js';
import type { RunDependencies } from '../activities/execute-run.js';
import { laneTaskQueue } from '../core/contract.js';
import { WorkflowTaskSlots } from './workflow-task-slots.js';

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
  const concurrency = options.concurrency ?? mostAttempts;
  const attempts = { type: 'fixed-size', numSlots: concurrency } as const;
  const slots = new WorkflowTaskSlots(Math.max(40, 2 * concurrency));
  return Worker.create({
    ...shared(options),
    taskQueue: options.taskQueue,
    workflowBundle: options.bundle,
    tuner: {
      workflowTaskSlotSupplier: slots,
      activityTaskSlotSupplier: attempts,
      localActivityTaskSlotSupplier: attempts,
      nexusTaskSlotSupplier: { type: 'fixed-size', numSlots: 1 },
    },
    interceptors: {
      activity: [
        ({ info }) => (info.isLocal ? { inbound: { execute: (input, next) => slots.beside(() => next(input)) } } : {}),
      ],
    },
    maxCachedWorkflows: options.maxCachedJobs ?? 2000,
    // A killed worker must not hold up the jobs it had in memory for over 2 s. Nor may a herd have to wait for less than it
    // takes: a job that is given to another worker is replayed.
    stickyQueueScheduleToStartTimeout: '1500ms',
  });
}

/** Runs one lane of heavy tasks, and no jobs. */
export function createHeavyWorker(options: CarillonWorkerOptions): Promise<Worker> {
  return Worker.create({
    ...shared(options),
    taskQueue: laneTaskQueue(options.taskQueue, 'heavy'),
    maxConcurrentActivityTaskExecutions: options.concurrency ?? mostAttempts,
  });
}

const mostAttempts = 100;

function shared({ connection, namespace, dependencies, dataConverter }: CarillonWorkerOptions) {
  return {
    connection,
    namespace,
    dataConverter,
    activities: createActivities(dependencies),
    // Beats carry cancellation back; this is how soon a run learns of it.
    maxHeartbeatThrottleInterval: '2s',
    shutdownGraceTime: '5s',
    shutdownForceTime: '15s',
  } satisfies Partial<WorkerOptions>;
}
