import { type Definition, retrySchema } from '../../core/definition.js';
import { durationMs } from '../../core/duration.js';
import type { ChunkRequest } from '../../core/fan-out/contract.js';
import { memberInput } from '../../core/fan-out/member-input.js';
import { memberRunId } from '../../core/ids.js';
import { waitBeforeNext } from '../../core/retry.js';
import type { RunError } from '../../core/run.js';
import type { TaskSecrets } from '../../core/task/services.js';
import type { AnyTask } from '../../core/task/task.js';
import { makeAttempt, type Outcome } from '../attempt.js';
import type { RunDependencies } from '../execute-run.js';
import { runErrorOf } from '../failure.js';
import { Mask } from '../secrets/mask.js';
import { maskedSecrets, resolveSecrets } from '../secrets/resolve.js';
import { taskContext } from '../task-context.js';

/** How a member ended. `stopped`: it did not, somebody told it to stop. */
export type MemberEnd = { state: 'succeeded' | 'skipped' | 'stopped' } | { state: 'failed'; error: RunError };

/** How long a member may take to give up when it is told to. */
const graceMs = 2000;

interface Stop {
  stopped: AbortSignal;
  /** By the worker's shutdown. */
  interrupted: () => boolean;
}

/** Runs members of a fan-out, each with an idempotency key of its own, as often as its retry policy says. */
export class MemberRunner {
  readonly #task: AnyTask;
  readonly #policy: Pick<Definition, 'retry' | 'timeouts'>;
  readonly #timeoutMs: number;
  readonly #mask = new Mask();
  readonly #secrets: TaskSecrets;

  constructor(
    private readonly deps: RunDependencies,
    private readonly request: ChunkRequest,
    private readonly stop: Stop,
  ) {
    const { member } = request;
    this.#secrets = maskedSecrets(deps.services.secretsOf(request.run.project), this.#mask);
    this.#task = deps.registry.get(member.task);
    const timeout = member.timeout ?? this.#task.timeout ?? (this.#task.lane === 'heavy' ? 'PT1H' : 'PT5M');
    this.#timeoutMs = durationMs(timeout, 'input.timeout');
    const retry = member.retry ?? retrySchema.parse(this.#task.retry ?? {});
    // The run's own end cancels its members.
    this.#policy = { retry, timeouts: { attempt: timeout, run: 'P7D', heartbeat: 'PT10S' } };
  }

  async run(index: number, item: unknown): Promise<MemberEnd> {
    const { now, pass } = this.deps;
    let input: unknown;
    try {
      input = await resolveSecrets(memberInput(this.request.member.input, item, index), this.#secrets);
    } catch (error) {
      return { state: 'failed', error: runErrorOf(error) };
    }
    const startedAt = now();
    for (let attempt = 1; ; attempt++) {
      const end = this.#masked(endOf(await this.#attempt(index, input, attempt)));
      if (end.state !== 'failed') return end;
      const wait = waitBeforeNext(this.#policy, attempt, end.error.code, now() - startedAt, end.waitMs);
      if (wait === undefined) return { state: 'failed', error: end.error };
      await pass(wait, this.stop.stopped);
      if (this.stop.stopped.aborted) return { state: 'stopped' };
    }
  }

  #masked<End extends MemberEnd>(end: End): End {
    if (end.state !== 'failed') return end;
    return { ...end, error: { ...end.error, message: this.#mask.cutText(end.error.message) } };
  }

  #attempt(index: number, input: unknown, attempt: number): Promise<Outcome> {
    const { run } = this.request;
    const runId = memberRunId(run.runId, index);
    const { project, jobId } = run;
    const context = taskContext(
      {
        ...{ project, jobId, runId, attempt },
        scheduledAt: new Date(run.scheduledAt),
        effectiveAt: new Date(run.effectiveAt),
        write: (level, message, fields) =>
          this.deps.log({ ...this.#mask.deep({ ...fields, level, message }), project, runId, attempt }),
        progress: () => {},
        heartbeat: () => {},
        heartbeatDetails: undefined,
        lastSuccess: async () => undefined,
      },
      { ...this.deps.services, secrets: this.#secrets },
    );
    return makeAttempt({
      ...{ task: this.#task, input, context, timeoutMs: this.#timeoutMs, graceMs },
      cancellation: this.stop.stopped,
      interrupted: this.stop.interrupted,
    });
  }
}

/** `waitMs`: when the task wants its next attempt. */
function endOf(outcome: Outcome): MemberEnd & { waitMs?: number } {
  switch (outcome.state) {
    case 'cancelled':
    case 'interrupted':
      return { state: 'stopped' };
    case 'failed':
    case 'timed_out':
      return {
        state: 'failed',
        error: outcome.error,
        ...(outcome.retryAfterMs !== undefined && { waitMs: outcome.retryAfterMs }),
      };
    case 'skipped':
      return { state: 'skipped' };
    case 'succeeded':
      return { state: 'succeeded' };
  }
}
