import { hostname } from 'node:os';
import { ApplicationFailure } from '@temporalio/activity';
import type { FailedAttempt, LedgerEntry, RunError, RunReceipt, RunRequest, RunSummary } from '../core/contract.js';
import { errorFingerprint } from '../core/fingerprint.js';
import { isoTime } from '../core/ids.js';
import { planFor } from '../core/prepare.js';
import { afterRun } from '../core/projection.js';
import { waitBeforeNext } from '../core/retry.js';
import { isTerminal } from '../core/states.js';
import type { Outcome } from './attempt.js';
import type { RunDependencies } from './execute-run.js';
import { keepResult } from './result.js';

/** How long a run's end waits for the database; in the light lane the job's clock waits with it. */
const patienceMs = { light: 500, standard: 1000, heavy: 1000 };
/** Nothing waits for the news that a run is under way. */
const newsPatienceMs = 5000;
/** Of a reason that a task states, characters. */
const longestDetail = 1000;
const interrupted: RunError = { code: 'WORKER_LOST', message: 'The worker shut down in mid-attempt.' };

type RunEnd = Pick<RunSummary, 'state' | 'error' | 'reason' | 'detail'>;

/** Tells the ledger and the workflow how an attempt goes. */
export class RunReport {
  /**
   * @param startedAt of the first attempt, ms
   * @param attemptStartedAt of this one, ms
   */
  constructor(
    private readonly deps: RunDependencies,
    private readonly request: RunRequest,
    private readonly attempt: number,
    private readonly startedAt: number,
    private readonly attemptStartedAt: number,
  ) {}

  /** The run is under way: shown in the ledger, told to nobody else. */
  running(): void {
    void this.deps.ledger.write(
      { snapshot: this.request.snapshot, entries: [this.#entry(this.#summary({ state: 'running' }))] },
      newsPatienceMs,
    );
  }

  /**
   * The attempt ended. Returns the receipt of a run that ended well or was cancelled; throws what makes Temporal try
   * again, or what ends the run with its receipt inside. In the light lane everything is returned.
   */
  async ended(outcome: Outcome, finishedAt: number): Promise<RunReceipt> {
    if (outcome.state === 'skipped') {
      const why = { reason: 'by_task', detail: outcome.reason.slice(0, longestDetail) } as const;
      return this.#end({ state: 'skipped', ...why }, outcome, finishedAt);
    }
    const error = outcome.state === 'interrupted' ? interrupted : 'error' in outcome ? outcome.error : undefined;
    if (!error) return this.#end({ state: outcome.state as RunSummary['state'] }, outcome, finishedAt);
    const code = outcome.state === 'interrupted' ? undefined : error.code;
    const { definition } = this.request.snapshot;
    const asked = 'retryAfterMs' in outcome ? outcome.retryAfterMs : undefined;
    const wait = waitBeforeNext(definition, this.attempt, code, finishedAt - this.startedAt, asked);
    if (wait !== undefined) return this.#retry(error, outcome, wait, finishedAt);
    const receipt = await this.#end(
      { state: outcome.state === 'timed_out' ? 'timed_out' : 'failed', error },
      outcome,
      finishedAt,
    );
    if (this.request.via === 'light') return receipt;
    throw ApplicationFailure.create({
      message: error.message,
      type: error.code,
      nonRetryable: true,
      details: [receipt],
    });
  }

  async #end(end: RunEnd, outcome: Outcome, finishedAt: number): Promise<RunReceipt> {
    const { request } = this;
    const summary = this.#summary({ ...end, finishedAt: isoTime(finishedAt) });
    const result = 'result' in outcome ? keepResult(outcome.result) : undefined;
    const entry: LedgerEntry = {
      ...this.#entry(summary),
      ...evidenceOf(summary.error, outcome),
      ...(result === undefined ? {} : { result }),
    };
    const plan = this.#plan();
    const { snapshot: before, last, standalone } = request;
    const snapshot = standalone ? before : afterRun(before, summary, last, plan);
    const batch = { snapshot, entries: [...request.outbox, entry] };
    // Only the workflow knows why a run was cancelled: it writes the end itself.
    const left = summary.state === 'cancelled' && !standalone;
    const recorded = !left && (await this.deps.ledger.write(batch, patienceMs[request.via]));
    return { summary, recorded, entry: recorded ? undefined : entry, ackedSeq: acked(request, recorded), plan };
  }

  async #retry(error: RunError, outcome: Outcome, waitMs: number, finishedAt: number): Promise<RunReceipt> {
    const { request } = this;
    const summary = this.#summary({ state: 'retrying', error });
    const bare = this.#entry(summary);
    const evidence = evidenceOf(error, outcome);
    const failedAttempt: FailedAttempt = {
      attempt: this.attempt,
      state: outcome.state === 'timed_out' ? 'timed_out' : 'failed',
      startedAt: isoTime(this.attemptStartedAt),
      finishedAt: isoTime(finishedAt),
      error,
      causes: evidence.errorCauses,
      worker: bare.worker,
    };
    const entry: LedgerEntry = { ...bare, ...evidence, failedAttempt };
    const batch = { snapshot: request.snapshot, entries: [...request.outbox, entry] };
    const written = this.deps.ledger.write(batch, patienceMs[request.via]);
    if (request.via !== 'light') {
      throw ApplicationFailure.create({ message: error.message, type: error.code, nextRetryDelay: waitMs });
    }
    const recorded = await written;
    const retryAt = isoTime(finishedAt + waitMs);
    return { summary, recorded, ackedSeq: acked(request, recorded), plan: this.#plan(), retryAt };
  }

  #plan(): RunReceipt['plan'] {
    const { plan, snapshot } = this.request;
    return plan && planFor(snapshot.definition, plan);
  }

  #summary(end: RunEnd & Pick<RunSummary, 'finishedAt'>): RunSummary {
    const { runId, scheduledAt, trigger, effectiveAt, detail } = this.request;
    const moved = { ...(effectiveAt !== undefined && { effectiveAt }), ...(detail !== undefined && { detail }) };
    return { runId, scheduledAt, trigger, ...moved, attempt: this.attempt, startedAt: isoTime(this.startedAt), ...end };
  }

  #entry(summary: RunSummary): LedgerEntry {
    const { snapshot, input, via } = this.request;
    const worker = `${process.pid}@${hostname()}/${via}`;
    return { ...summary, definitionVersion: snapshot.definitionVersion, input, worker };
  }
}

/** What the ledger keeps of an error beside its message. */
function evidenceOf(
  error: RunError | undefined,
  outcome: Outcome,
): Pick<LedgerEntry, 'errorFingerprint' | 'errorCauses'> {
  if (!error) return {};
  const causes = 'causes' in outcome ? outcome.causes : undefined;
  return { errorFingerprint: errorFingerprint(error), ...(causes && { errorCauses: causes }) };
}

/** How a run ended by the ledger; undefined when it has not, or the database is away. */
export async function recordedRun(
  { store, ledger }: Pick<RunDependencies, 'store' | 'ledger'>,
  project: string,
  runId: string,
): Promise<RunSummary | undefined> {
  const row = ledger.away ? undefined : await store.runs.get(project, runId).catch(() => undefined);
  if (!row || !isTerminal(row.state)) return undefined;
  const {
    runId: id,
    scheduledAt,
    trigger,
    state,
    attempt,
    startedAt,
    finishedAt,
    effectiveAt,
    reason,
    detail,
    error,
  } = row;
  const known = { startedAt, finishedAt, effectiveAt, reason, detail, error };
  const given = Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
  return { runId: id, scheduledAt, trigger, state, attempt, ...given };
}

/**
 * A worker may have died between writing the ledger and reporting. The run has had its effect then, and is not
 * executed again.
 */
export async function recordedBefore(deps: RunDependencies, request: RunRequest): Promise<RunReceipt | undefined> {
  const { snapshot, runId, plan } = request;
  const summary = await recordedRun(deps, snapshot.project, runId);
  return summary && { summary, recorded: true, ackedSeq: 0, plan: plan && planFor(snapshot.definition, plan) };
}

function acked({ outbox }: RunRequest, recorded: boolean): number {
  return recorded ? (outbox.at(-1)?.seq ?? 0) : 0;
}
