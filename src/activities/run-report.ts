import { hostname } from 'node:os';
import { ApplicationFailure } from '@temporalio/activity';
import type { FailedAttempt, LedgerEntry, RunError, RunReceipt, RunRequest, RunSummary } from '../core/contract.js';
import { errorFingerprint } from '../core/fingerprint.js';
import { isoTime } from '../core/ids.js';
import { planFor } from '../core/prepare.js';
import { afterRun } from '../core/projection.js';
import { waitBeforeNext } from '../core/retry.js';
import type { NotRunReason } from '../core/states.js';
import type { Outcome } from './attempt.js';
import type { Evidence } from './evidence.js';
import type { RunDependencies } from './execute-run.js';
import type { LedgerReader } from './ledger-reader.js';
import { type KeptResult, keepResult } from './result.js';

/** How long a run's end waits for the database; in the light lane the job's clock waits with it. */
const patienceMs = { light: 500, standard: 1000, heavy: 1000 };
/** How long it waits for the last lines of the log, and for a result that is kept outside of the ledger. */
const logPatienceMs = { light: 200, standard: 3000, heavy: 3000 };
const resultPatienceMs = { light: 500, standard: 30_000, heavy: 30_000 };
/** Nothing waits for the news that a run is under way. */
const newsPatienceMs = 5000;
/** Of a reason that a task states, characters. */
const longestDetail = 1000;
const interrupted: RunError = { code: 'WORKER_LOST', message: 'The worker shut down in mid-attempt.' };

type RunEnd = Pick<RunSummary, 'state' | 'error' | 'reason' | 'detail'> &
  Partial<Pick<RunSummary, 'attempt' | 'startedAt'>>;

/** Tells the ledger and the workflow how an attempt goes. */
export class RunReport {
  /**
   * @param began when the run and this attempt began, ms
   */
  constructor(
    private readonly deps: RunDependencies,
    private readonly request: RunRequest,
    private readonly attempt: number,
    private readonly began: { run: number; attempt: number },
    private readonly evidence: Evidence,
  ) {}

  /** The run is under way: shown in the ledger, told to nobody else. */
  running(): void {
    const { progress } = this.evidence;
    const entry = { ...this.#entry(this.#summary({ state: 'running' })), ...(progress && { progress }) };
    void this.deps.ledger.write({ snapshot: this.request.snapshot, entries: [entry] }, newsPatienceMs);
  }

  /** The run may not begin: no attempt was made. */
  refused(reason: NotRunReason, detail: string, at: number): Promise<RunReceipt> {
    return this.#end({ state: 'skipped', reason, detail, attempt: 0, startedAt: undefined }, undefined, at);
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
    const wait = waitBeforeNext(definition, this.attempt, code, finishedAt - this.began.run, asked);
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

  async #end(end: RunEnd, outcome: Outcome | undefined, finishedAt: number): Promise<RunReceipt> {
    const { request } = this;
    const summary = this.#summary({ ...end, finishedAt: isoTime(finishedAt) });
    const [left, result] = await Promise.all([
      this.evidence.close(logPatienceMs[request.via]),
      outcome && 'result' in outcome ? this.#keep(outcome.result) : {},
    ]);
    const why = evidenceOf(summary.error, outcome);
    const entry: LedgerEntry = { ...this.#entry(summary), ...why, ...left, ...result };
    const plan = this.#plan();
    const { snapshot: before, last, standalone } = request;
    const snapshot = standalone ? before : afterRun(before, summary, last, plan);
    const batch = { snapshot, entries: [...request.outbox, entry] };
    // Only the workflow knows why a run was cancelled: it writes the end itself.
    const cancelled = summary.state === 'cancelled' && !standalone;
    const recorded = !cancelled && (await this.deps.ledger.write(batch, patienceMs[request.via]));
    return { summary, recorded, entry: recorded ? undefined : entry, ackedSeq: acked(request, recorded), plan };
  }

  async #retry(error: RunError, outcome: Outcome, waitMs: number, finishedAt: number): Promise<RunReceipt> {
    const { request } = this;
    const summary = this.#summary({ state: 'retrying', error });
    const left = await this.evidence.close(logPatienceMs[request.via]);
    const bare = this.#entry(summary);
    const why = evidenceOf(error, outcome);
    const failedAttempt: FailedAttempt = {
      attempt: this.attempt,
      state: outcome.state === 'timed_out' ? 'timed_out' : 'failed',
      startedAt: isoTime(this.began.attempt),
      finishedAt: isoTime(finishedAt),
      error,
      causes: why.errorCauses,
      worker: bare.worker,
    };
    const entry: LedgerEntry = { ...bare, ...why, ...left, failedAttempt };
    const batch = { snapshot: request.snapshot, entries: [...request.outbox, entry] };
    const written = this.deps.ledger.write(batch, patienceMs[request.via]);
    if (request.via !== 'light') {
      throw ApplicationFailure.create({ message: error.message, type: error.code, nextRetryDelay: waitMs });
    }
    const recorded = await written;
    const retryAt = isoTime(finishedAt + waitMs);
    return { summary, recorded, ackedSeq: acked(request, recorded), plan: this.#plan(), retryAt };
  }

  #keep(result: unknown): Promise<KeptResult> {
    const { snapshot, runId, via } = this.request;
    return keepResult(result, this.deps.services, {
      run: { project: snapshot.project, runId },
      place: snapshot.definition.resultLocation,
      mask: this.evidence.mask,
      patienceMs: resultPatienceMs[via],
      onTrouble: this.evidence.trouble,
    });
  }

  #plan(): RunReceipt['plan'] {
    const { plan, snapshot } = this.request;
    return plan && planFor(snapshot.definition, plan);
  }

  #summary(end: RunEnd & Pick<RunSummary, 'finishedAt'>): RunSummary {
    const { runId, scheduledAt, trigger, effectiveAt, detail } = this.request;
    const moved = { ...(effectiveAt !== undefined && { effectiveAt }), ...(detail !== undefined && { detail }) };
    return { runId, scheduledAt, trigger, ...moved, attempt: this.attempt, startedAt: isoTime(this.began.run), ...end };
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
  outcome: Outcome | undefined,
): Pick<LedgerEntry, 'errorFingerprint' | 'errorCauses'> {
  if (!error) return {};
  const causes = outcome && 'causes' in outcome ? outcome.causes : undefined;
  return { errorFingerprint: errorFingerprint(error), ...(causes && { errorCauses: causes }) };
}

/**
 * A worker may have died between writing the ledger and reporting. The run has had its effect then, and is not
 * executed again.
 */
export async function recordedBefore(reader: LedgerReader, request: RunRequest): Promise<RunReceipt | undefined> {
  const { snapshot, runId, plan } = request;
  const summary = await reader.ended({ project: snapshot.project, runId });
  return summary && { summary, recorded: true, ackedSeq: 0, plan: plan && planFor(snapshot.definition, plan) };
}

function acked({ outbox }: RunRequest, recorded: boolean): number {
  return recorded ? (outbox.at(-1)?.seq ?? 0) : 0;
}
