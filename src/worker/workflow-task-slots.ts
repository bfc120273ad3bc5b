import type { CustomSlotSupplier, SlotPermit, WorkflowSlotInfo } from '@temporalio/worker';

/** Workflow tasks that wait for the processor at the same time, with the slots of some ten who poll for one. */
const mostPending = 32;

/**
 * How many workflow tasks a worker takes on. Temporal gives it 2 s for each, so that a killed worker is missed soon; what
 * takes longer has been done in vain and is done again. So no more are taken than get done in that time: a few that wait for
 * the processor. Those whose local activity runs wait for something else, as a light run does that was woken ahead; of
 * these there may be many.
 */
export class WorkflowTaskSlots implements CustomSlotSupplier<WorkflowSlotInfo> {
  readonly type = 'custom';
  /** Who polls, or would. */
  readonly #waiting: ((permit: SlotPermit) => void)[] = [];
  #issued = 0;
  #inActivity = 0;

  /** @param most slots at the same time, those of pollers included */
  constructor(private readonly most: number) {}

  /** Runs a local activity, during which its workflow task waits. */
  async beside<Result>(activity: () => Promise<Result>): Promise<Result> {
    this.#inActivity += 1;
    this.#go();
    try {
      return await activity();
    } finally {
      this.#inActivity -= 1;
    }
  }

  reserveSlot(_: unknown, signal: AbortSignal): Promise<SlotPermit> {
    const permit = this.tryReserveSlot();
    if (permit) return Promise.resolve(permit);
    return new Promise((resolve, reject) => {
      const waiting = (given: SlotPermit) => {
        signal.removeEventListener('abort', abort);
        resolve(given);
      };
      const abort = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(signal.reason);
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#waiting.push(waiting);
    });
  }

  tryReserveSlot(): SlotPermit | null {
    if (this.#issued >= this.most || this.#issued - this.#inActivity >= mostPending) return null;
    this.#issued += 1;
    return {};
  }

  markSlotUsed(): void {}

  releaseSlot(): void {
    this.#issued -= 1;
    this.#go();
  }

  #go(): void {
    for (;;) {
      const [next] = this.#waiting;
      const permit = next && this.tryReserveSlot();
      if (!permit) return;
      this.#waiting.shift();
      next(permit);
    }
  }
}
