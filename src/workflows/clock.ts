import { workflowInfo } from '@temporalio/workflow';

/**
 * The job's time. It moves by events (a timer, a command, an activity's end) and by what receipts of light runs say.
 *
 * Never by `Date.now()` after a local activity: should the activity outlast its workflow task, or a query be answered
 * beside it, core continues in another task, whose time and history length it does not see on replay.
 */
export class Clock {
  /** When it first was asked, ms. */
  readonly began = Date.now();
  #now = this.began;
  #history = lengthAndSize();

  /** @param strict false in executions that began without it: the time is the task's then */
  constructor(readonly strict: boolean) {}

  /** Milliseconds since 1970, UTC. Never goes back. */
  get now(): number {
    return this.strict ? this.#now : Date.now();
  }

  /** Events and bytes, as of the last event seen. */
  get history(): { length: number; bytes: number } {
    return this.strict ? this.#history : lengthAndSize();
  }

  /** An event has come. Only where the event itself goes on: in its handler, or behind the promise it resolves. */
  tick(): number {
    this.#now = Math.max(this.#now, Date.now());
    this.#history = lengthAndSize();
    return this.now;
  }

  /** A local activity ended at `time`, by its worker's clock. */
  reach(time: number): void {
    if (time > this.#now) this.#now = time;
  }
}

function lengthAndSize(): { length: number; bytes: number } {
  const { historyLength, historySize } = workflowInfo();
  return { length: historyLength, bytes: historySize };
}
