import { Connection, type ConnectionLike } from '@temporalio/client';
import { schedulerTaskQueue } from '../../core/contract.js';

/** How a process reaches Temporal. */
export interface TemporalLink {
  /** A worker's own connection serves. */
  connection: ConnectionLike;
  namespace: string;
  /** Where the scheduler's workflows run. */
  taskQueue: string;
  /** How often a workflow is asked how far it is. Default 1 s. */
  progressMs?: number;
}

/** The link of a process that has no connection yet: it is opened by the first call. */
export function temporalFrom(env: Record<string, string | undefined>): TemporalLink {
  return {
    connection: Connection.lazy({ address: env.TEMPORAL_ADDRESS || '127.0.0.1:7233' }),
    namespace: env.TEMPORAL_NAMESPACE || 'default',
    taskQueue: env.CARILLON_TASK_QUEUE || schedulerTaskQueue,
  };
}
