import type { DataConverter } from '@temporalio/common';
import { type NativeConnection, Worker, type WorkerOptions, type WorkerTuner } from '@temporalio/worker';
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
  return Worker.create({
    ...shared(options),
    taskQueue: options.taskQueue,
    workflowBundle: options.bundle,
    tuner: tunerFor(options.concurrency ?? mostAttempts),
    maxCachedWorkflows: options.maxCachedJobs ?? 2000,
    // A killed worker must not hold up the jobs it had in memory.
    stickyQueueScheduleToStartTimeout: '1s',
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
/** Workflow tasks at the same time on a machine that has nothing to spare. */
const fewestWorkflowTasks = 24;

/**
 * A light run keeps its workflow task open, from the wake ahead of its time to its end, so there may be many: they are
 * mostly waiting. But a machine whose processors are busy is not given more than it gets done within the 2 s of a
 * workflow task. What times out is done again, and a worker that is late would only become later.
 */
function tunerFor(attempts: number): WorkerTuner {
  const attemptSlots = { type: 'fixed-size', numSlots: attempts } as const;
  return {
    workflowTaskSlotSupplier: {
      type: 'resource-based',
      tunerOptions: { targetCpuUsage: 0.9, targetMemoryUsage: 0.95 },
      minimumSlots: fewestWorkflowTasks,
      maximumSlots: Math.max(40, 2 * attempts),
      rampThrottle: '10ms',
    },
    activityTaskSlotSupplier: attemptSlots,
    localActivityTaskSlotSupplier: attemptSlots,
    nexusTaskSlotSupplier: { type: 'fixed-size', numSlots: 1 },
  };
}

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
