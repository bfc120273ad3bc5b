import type { TaskContext } from '../../core/task/context.js';
import type { AnyTask } from '../../core/task/task.js';

export interface HostedRun {
  /** How long the host may live on once the context's signal aborted, ms. */
  graceMs: number;
  /** Called when the host is there and the attempt begins. */
  begin: () => void;
}

/** A task whose attempts run in another process: its `run` is never called here. */
export interface HostedTask extends AnyTask {
  /**
   * Runs an attempt in a host.
   * @param input as written: it is parsed there
   * @returns what the task returned, checked; a task outcome as such. Throws what it threw.
   */
  runHosted(context: TaskContext, input: unknown, run: HostedRun): Promise<unknown>;
}

export function isHosted(task: AnyTask): task is HostedTask {
  return 'runHosted' in task;
}
