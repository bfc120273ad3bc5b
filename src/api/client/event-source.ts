import { pause } from './pause.js';

/** What an {@link EventStream} is opened with. */
export interface EventStreamOptions {
  headers?: Record<string, string>;
  /** Ends the stream. */
  signal?: AbortSignal;
}

export interface StreamEvent {
  type: string;
  data?: string;
  lastEventId?: string;
  message?: string;
}

const retryMs = 1000;
/** Without an answer for so long the stream gives up. */
const patienceMs = 30_000;

/**
 * Server-sent events over `fetch`: what browsers have as `EventSource` and Node 20 lacks, as far as tRPC asks for it. A
 * stream that breaks off is asked for again with the id of its last event; a refusal becomes the event that tRPC has for
 * errors, with what the API said.
 */
export class EventStream {
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSED = 2;
  readyState = this.CONNECTING as 0 | 1 | 2;
  readonly #listeners = new Map<string, Set<(event: StreamEvent) => void>>();
  readonly #closing = new AbortController();
  #lastEventId = '';

  constructor(
    private readonly url: string,
    private readonly options: EventStreamOptions = {},
  ) {
    void this.#run();
  }

  addEventListener(type: string, listener: (event: StreamEvent) => void): void {
    const known = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, known.add(listener));
  }

  removeEventListener(type: string, listener: (event: StreamEvent) => void): void {
    this.#listeners.get(type)?.delete(listener);
  }

  close(): void {
    this.readyState = this.CLOSED;
    this.#closing.abort();
  }

  #tell(event: StreamEvent): void {
    for (const listener of this.#listeners.get(event.type) ?? []) listener(event);
  }

  async #run(): Promise<void> {
    const { signal: outer } = this.options;
    const signal = outer ? AbortSignal.any([outer, this.#closing.signal]) : this.#closing.signal;
    for (let failures = 0; !signal.aborted; failures++) {
      let message = 'The stream broke off.';
      try {
        if (await this.#read(signal)) failures = 0;
      } catch (error) {
        message = deepest(error);
      }
      if (signal.aborted || this.readyState === this.CLOSED) break;
      const over = failures * retryMs >= patienceMs;
      this.readyState = over ? this.CLOSED : this.CONNECTING;
      this.#tell({ type: 'error', message });
      if (over) return;
      await pause(retryMs, signal);
    }
    this.readyState = this.CLOSED;
  }

  /** @returns whether anything came */
  async #read(signal: AbortSignal): Promise<boolean> {
    const resume: Record<string, string> = this.#lastEventId ? { 'last-event-id': this.#lastEventId } : {};
    const headers = { ...this.options.headers, accept: 'text/event-stream', ...resume };
    const response = await fetch(this.url, { headers, signal });
    if (!response.ok || !response.body) {
      this.#refused(await response.text());
      return false;
    }
    this.readyState = this.OPEN;
    this.#tell({ type: 'open' });
    let rest = '';
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + piece).split(/\r?\n\r?\n/);
      rest = blocks.pop() ?? '';
      for (const block of blocks) this.#event(block);
      if (signal.aborted) return true;
    }
    return true;
  }

  #refused(body: string): void {
    let error: unknown;
    try {
      error = (JSON.parse(body) as { error?: unknown }).error;
    } catch {
      // Not the API: a proxy, say.
    }
    if (error === undefined) throw new Error(`Expected events, got ${body.slice(0, 200)}`);
    this.#tell({ type: 'serialized-error', data: JSON.stringify(error) });
    this.close();
  }

  #event(block: string): void {
    let type = 'message';
    const data: string[] = [];
    for (const line of block.split(/\r?\n/)) {
      const [, field, value = ''] = /^([a-z]+)(?:: ?(.*))?$/s.exec(line) ?? [];
      if (field === 'event') type = value;
      else if (field === 'data') data.push(value);
      else if (field === 'id') this.#lastEventId = value;
    }
    if (data.length > 0 || type !== 'message') {
      this.#tell({ type, data: data.join('\n'), ...(this.#lastEventId && { lastEventId: this.#lastEventId }) });
    }
  }
}

function deepest(error: unknown): string {
  let inner = error as Error;
  while (inner.cause instanceof Error) inner = inner.cause;
  return inner.message || String(inner);
}
