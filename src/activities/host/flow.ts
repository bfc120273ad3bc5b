import type { FromHost } from './messages.js';

const mostLines = 20_000;
const mostBytes = 16 * 1024 * 1024;
const longestMessage = 64 * 1024;

/** What one attempt may log. A task that logs without end must not fill the memory of its worker. */
export class LineBudget {
  #lines = mostLines;
  #bytes = mostBytes;

  /** The line as it may be sent; `cut`: the last one, which says so; undefined: none. */
  take(
    message: string,
    fields: Record<string, unknown> | undefined,
  ): { message: string; fields?: Record<string, unknown>; cut?: boolean } | undefined {
    if (this.#lines <= 0 || this.#bytes <= 0) return undefined;
    const text = String(message).slice(0, longestMessage);
    const json = jsonOf(fields);
    this.#lines -= 1;
    this.#bytes -= text.length + json.length;
    if (this.#lines > 0 && this.#bytes > 0) return { message: text, ...(fields && { fields: JSON.parse(json) }) };
    this.#lines = 0;
    return { message: 'The task logged too much: what follows was left out.', cut: true };
  }
}

/** News of which only the newest counts: while one is on its way, those in between are dropped. */
export class NewestFirst {
  #sending = false;
  #next: FromHost | undefined;

  constructor(private readonly send: (message: FromHost, done?: () => void) => void) {}

  tell(message: FromHost): void {
    this.#next = message;
    if (!this.#sending) this.#flush();
  }

  /** The attempt has ended: the newest must arrive before that is told. */
  end(): void {
    this.#sending = true;
    if (this.#next) this.send(this.#next);
    this.#next = undefined;
  }

  #flush(): void {
    const message = this.#next;
    if (!message) return;
    this.#next = undefined;
    this.#sending = true;
    this.send(message, () => {
      this.#sending = false;
      this.#flush();
    });
  }
}

function jsonOf(fields: Record<string, unknown> | undefined): string {
  try {
    return JSON.stringify(fields) ?? '{}';
  } catch (error) {
    return JSON.stringify({ omitted: `not JSON: ${(error as Error).message}` });
  }
}
