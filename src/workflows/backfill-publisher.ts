import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { BackfillState } from '../core/backfill/backfill-state.js';
import type { BackfillSnapshot } from '../core/backfill/contract.js';
import { type RunError, searchAttributes } from '../core/contract.js';

/** What people see of a backfill in the Temporal Web UI and find it by. */
export class BackfillPublisher {
  #shown: string;

  constructor(private readonly state: BackfillState) {
    this.#shown = this.#attribute();
  }

  /** Details are free. The attribute costs an event, so it follows commands, not runs. */
  publish(): void {
    setCurrentDetails(detailsOf(this.state.snapshot, this.state.carry.lastRefusal));
    const shown = this.#attribute();
    if (shown === this.#shown) return;
    this.#shown = shown;
    upsertSearchAttributes({ [searchAttributes.state]: [shown] });
  }

  /** One that ends by itself is told by the workflow's own status and its result. */
  #attribute(): string {
    const { state } = this.state.carry.backfill;
    return state === 'paused' || state === 'cancelled' ? state : 'running';
  }
}

function detailsOf(
  { state, progress, pause, closedAt, closeReason }: BackfillSnapshot,
  refusal: RunError | null,
): string {
  const { total, exact, succeeded, failed, timedOut, cancelled, skipped, excluded, running, percent } = progress;
  const lines = [`**${state}** · ${percent} % · ${total}${exact ? '' : ' or more'} runs`, ''];
  if (pause) lines.push(`Paused since ${pause.since}${pause.note ? `: ${pause.note}` : ''}`, '');
  if (closedAt) lines.push(`Ended ${closedAt}: ${closeReason}`, '');
  if (progress.reached) lines.push(`Reached ${progress.reached}, ${running} running`, '');
  lines.push(`${succeeded} succeeded, ${failed} failed, ${timedOut} timed out, ${cancelled} cancelled`);
  lines.push(`Left out: ${skipped} ran before, ${excluded} excluded`);
  if (refusal) lines.push('', `Last refusal: ${refusal.code}: ${refusal.message}`);
  return lines.join('\n');
}
