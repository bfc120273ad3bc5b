import { CancellationScope, condition, sleep } from '@temporalio/workflow';

/**
 * The workflow's one timer. Promises are the larger part of what a wake costs a worker (the SDK takes a stack trace of
 * each), so the scope outlives a timer that fires; `condition` with a timeout would need three times as many.
 */
export class Alarm {
  #scope: CancellationScope | undefined;

  /** Resolves in `ms`, or once `changed` holds; the timer is gone by then. */
  async wait(ms: number, summary: string, changed: () => boolean): Promise<void> {
    let fired = false;
    const scope = this.#scope ?? new CancellationScope();
    this.#scope = scope;
    const timer = scope
      .run(() => sleep(ms, { summary }))
      .then(
        () => {
          fired = true;
        },
        () => {},
      );
    await condition(() => fired || changed());
    if (fired) return;
    this.#scope = undefined;
    scope.cancel();
    await timer;
  }
}
