import { CancellationScope, condition, sleep } from '@temporalio/workflow';
import type { Clock } from './clock.js';

/** A timer that was armed ahead starts when its task is completed. Later than this, another one replaces it. */
const toleranceMs = 100;
/** Longer than any local activity. */
const guardMs = 60_000;

interface Timer {
  /** What it is to wake for, ms, and since when it was to count. */
  at: number;
  since: number;
  fired: boolean;
  scope: CancellationScope;
  over: Promise<void>;
}

/**
 * The workflow's timers: one, as a rule. Promises are the larger part of what a wake costs a worker (the SDK takes a
 * stack trace of each), so a scope outlives a timer that fires; `condition` with a timeout would need three times as many.
 */
export class Alarm {
  #timers: Timer[] = [];
  #idleScope: CancellationScope | undefined;

  constructor(private readonly clock: Clock) {}

  /** Resolves at `at`, ms, or once `changed` holds; the timer is gone by then. */
  async wait(at: number, summary: string, changed: () => boolean): Promise<void> {
    const { now } = this.clock;
    this.#timers = this.#timers.filter(({ fired }) => !fired);
    const armed = this.#timers.find((timer) => timer.at === at && now - timer.since <= toleranceMs);
    const timer = armed ?? this.#start(at, now, summary);
    await condition(() => this.#timers.some(({ fired }) => fired) || changed());
    if (this.#timers.some(({ fired }) => fired)) return this.#clear();
    this.#cancel(timer);
    await timer.over;
  }

  /** Cancels what is under way. Only in a later workflow task than it was started in, which an event has begun. */
  #clear(): void {
    for (const timer of this.#timers) if (!timer.fired) this.#cancel(timer);
    this.#timers = [];
  }

  /**
   * Starts the next timer ahead of a local activity. Should the activity outlast the workflow task, core completes that
   * and begins another ("heartbeat"). On replay it takes the two for one, unless the first left a command: the workflow
   * would see the second one's time where it saw the first one's, and decide otherwise. The timer is that command. It
   * may not be cancelled behind the activity: whether it was sent by then is what differs on replay.
   * @param at when to wake, ms; undefined: nothing is foreseen, and the timer wakes for nothing
   * @param since when it counts from, if the activity is held
   */
  arm(at: number | undefined, since = this.clock.now): void {
    if (!this.clock.strict) return;
    this.#start(at ?? since + guardMs, since, 'next look, behind what runs now');
  }

  #start(at: number, since: number, summary: string): Timer {
    const scope = this.#idleScope ?? new CancellationScope();
    this.#idleScope = undefined;
    const over = scope
      .run(() => sleep(Math.max(1, at - since), { summary }))
      .then(
        () => {
          this.clock.tick();
          timer.fired = true;
          this.#idleScope = scope;
        },
        () => {},
      );
    const timer: Timer = { at, since, fired: false, scope, over };
    this.#timers.push(timer);
    return timer;
  }

  #cancel(timer: Timer): void {
    this.#timers = this.#timers.filter((one) => one !== timer);
    timer.scope.cancel();
  }
}
