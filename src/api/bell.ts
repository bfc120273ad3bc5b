/** Wakes all who wait for news. */
export class Bell {
  readonly #waiting = new Set<() => void>();

  /** Resolves at the next ring, or when the signal aborts; at once when it has. */
  wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const told = () => {
        signal.removeEventListener('abort', told);
        this.#waiting.delete(told);
        resolve();
      };
      if (signal.aborted) return told();
      this.#waiting.add(told);
      signal.addEventListener('abort', told);
    });
  }

  ring(): void {
    for (const told of [...this.#waiting]) told();
  }
}
