import type { z } from 'zod';
import { makeAttempt, type Outcome } from '../activities/attempt.js';
import { durationMs } from '../core/duration.js';
import { attemptBound } from '../core/prepare.js';
import type { AnyTask } from '../core/task/task.js';
import { FakeClock, settle } from './fake-clock.js';
import { type ContextOptions, type TaskTrace, testContext } from './task-run.js';

export interface RunOptions extends Omit<ContextOptions, 'signal'> {
  /** The run is cancelled so long after it began: `90s`. */
  cancelAfter?: string;
  /** Bound of the attempt. Default: the task's own, else its lane's. */
  timeout?: string;
  /**
   * `fake` (the default): time begins at `scheduledAt` and jumps from timer to timer, so that hours take no time. `real`:
   * for a task that waits for other processes.
   */
  clock?: 'fake' | 'real';
  /** Real time that sockets and files get before a fake clock jumps, in milliseconds. Default 30. */
  patienceMs?: number;
}

/** What an attempt came to, and what it did on its way. */
export interface TaskRun extends TaskTrace {
  outcome: Outcome;
  /** By its clock, in milliseconds. */
  tookMs: number;
  /** The next attempt, which finds what this one kept by `heartbeat`. */
  next(options?: RunOptions): Promise<TaskRun>;
}

/** How long a task may take to give up, by its clock. */
const graceMs = 2000;

/**
 * Makes one attempt of a task as a worker would, without server and database: input and result are checked, the time is
 * bound, outcomes and errors become what the ledger would show. Never throws for what the task does.
 */
export async function runTask<Input extends z.ZodType>(
  task: AnyTask & { readonly input: Input },
  input: z.input<Input>,
  options: RunOptions = {},
): Promise<TaskRun> {
  const { context, trace } = testContext(options);
  const { clock: kind = 'fake', timeout, cancelAfter, patienceMs = 30 } = options;
  const timeoutMs = durationMs(attemptBound(task.lane ?? 'standard', timeout, task));
  const cancelMs = cancelAfter === undefined ? undefined : durationMs(cancelAfter, 'cancelAfter');
  const controller = new AbortController();
  const clock = kind === 'fake' ? new FakeClock(context.scheduledAt.getTime()) : undefined;
  clock?.install();
  const time = () => clock?.now ?? performance.now();
  const startedAt = time();
  try {
    const cancel = cancelMs === undefined ? undefined : setTimeout(() => controller.abort(), cancelMs);
    const made = {
      task,
      input,
      context,
      timeoutMs,
      graceMs,
      cancellation: controller.signal,
      interrupted: () => false,
    };
    const attempt = makeAttempt(made);
    const outcome = clock ? await played(clock, attempt, patienceMs) : await attempt;
    clearTimeout(cancel);
    const next = (others: RunOptions = {}) => {
      const kept = trace.heartbeats.length > 0 ? { heartbeatDetails: trace.heartbeats.at(-1) } : {};
      return runTask(task, input, {
        ...options,
        cancelAfter: undefined,
        attempt: context.attempt + 1,
        ...kept,
        ...others,
      });
    };
    return { outcome, tookMs: time() - startedAt, ...trace, next };
  } finally {
    clock?.uninstall();
  }
}

async function played(clock: FakeClock, attempt: Promise<Outcome>, patienceMs: number): Promise<Outcome> {
  let outcome: Outcome | undefined;
  void attempt.then((ended) => {
    outcome = ended;
  });
  while (outcome === undefined) {
    await settle(patienceMs);
    if (outcome === undefined) clock.step();
  }
  return outcome;
}
