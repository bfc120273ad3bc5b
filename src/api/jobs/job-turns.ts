/** How long a request waits for those before it: then it goes ahead, and the job itself says who was first. */
const patienceMs = 2000;

/**
 * Requests about one thing, one after another, so that those who ask for the same find it done instead of racing. It
 * saves work and is no lock: other processes do not know of it, and nobody waits for long.
 */
export class JobTurns {
  readonly #last = new Map<string, Promise<unknown>>();

  async take<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const turn = after(this.#last.get(key)).then(work);
    this.#last.set(key, turn);
    try {
      return await turn;
    } finally {
      if (this.#last.get(key) === turn) this.#last.delete(key);
    }
  }
}

/** Resolves when the request before has ended, however it did, or patience has. */
function after(before: Promise<unknown> | undefined): Promise<void> {
  if (!before) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, patienceMs);
    const go = () => {
      clearTimeout(timer);
      resolve();
    };
    before.then(go, go);
  });
}
