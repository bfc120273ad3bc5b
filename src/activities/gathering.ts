export interface GatheringOptions<Item> {
  /** Does the work for items in the order they came. Never fails. */
  work(items: Item[]): Promise<void>;
  /** Items of one go. */
  most: number;
  /** How long to wait after work that took so long, in milliseconds, unless as many as can be are there. Default: not at all. */
  restAfter?(tookMs: number): number;
}

/** Work that costs little more for many than for one: what comes alone is done at once, what comes meanwhile together. */
export class Gathering<Item> {
  #waiting: Item[] = [];
  #working = false;

  constructor(private readonly options: GatheringOptions<Item>) {}

  add(item: Item): void {
    this.#waiting.push(item);
    if (!this.#working) void this.#pump();
  }

  async #pump(): Promise<void> {
    const { work, most, restAfter } = this.options;
    this.#working = true;
    while (this.#waiting.length > 0) {
      const began = performance.now();
      await work(this.#waiting.splice(0, most));
      if (restAfter && this.#waiting.length < most) await pass(restAfter(performance.now() - began));
    }
    this.#working = false;
  }
}

/** A rest of so many times what the work took, and of so many milliseconds at most. */
export function restOf(times: number, mostMs: number): (tookMs: number) => number {
  return (tookMs) => Math.min(mostMs, times * tookMs);
}

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
