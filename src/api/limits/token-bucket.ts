import type { BucketLimit } from '../../store/store.js';

/** A bucket of one process: it fills with time, by a clock that may jump, and never above its burst. */
export class TokenBucket {
  #tokens: number;
  #at: number;

  /** Full at first. @param now in milliseconds */
  constructor(
    private readonly limit: BucketLimit,
    now: number,
  ) {
    this.#tokens = limit.burst;
    this.#at = now;
  }

  /** Takes `cost` tokens, or none if there are fewer. */
  take(cost: number, now: number): boolean {
    this.#fill(now);
    if (this.#tokens < cost) return false;
    this.#tokens -= cost;
    return true;
  }

  /** Whole tokens there are. */
  left(now: number): number {
    this.#fill(now);
    return Math.floor(this.#tokens);
  }

  /** Until there are `cost` tokens, in milliseconds. */
  waitFor(cost: number, now: number): number {
    this.#fill(now);
    return Math.max(0, Math.ceil(((cost - this.#tokens) / this.limit.rate) * 1000));
  }

  #fill(now: number): void {
    const passed = Math.max(0, now - this.#at);
    this.#tokens = Math.min(this.limit.burst, this.#tokens + (passed * this.limit.rate) / 1000);
    this.#at = now;
  }
}
