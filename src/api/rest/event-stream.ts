import { isTrackedEnvelope } from '@trpc/server';
import { problemOf } from '../http/problem.js';

/** Proxies end what is silent for a minute. */
const pingMs = 15_000;
/** What goes wrong so early is answered with a status; later it can only be an event. In milliseconds. */
const firstMs = 1000;
const retryMs = 1000;

type Source = AsyncIterator<unknown>;
type Next = Promise<IteratorResult<unknown>>;

export interface OpenStream {
  /** The text of the stream, piece by piece. */
  text: AsyncGenerator<string>;
}

/**
 * Server-sent events of a subscription: each with its id and its JSON, `event: error` with a problem when it fails,
 * `event: end` when there is nothing more to come. Between them a comment now and then.
 * @throws what the subscription fails with at its beginning
 */
export async function openStream(
  events: AsyncIterable<unknown>,
  signal: AbortSignal,
  requestId: string,
): Promise<OpenStream> {
  const source = events[Symbol.asyncIterator]();
  const first = source.next();
  await soon(first, firstMs);
  return { text: textOf(source, first, signal, requestId) };
}

async function* textOf(source: Source, first: Next, signal: AbortSignal, requestId: string): AsyncGenerator<string> {
  try {
    yield `retry: ${retryMs}\n\n`;
    for (let next = first; !signal.aborted; next = source.next()) {
      let result = await soon(next, pingMs, signal);
      for (; result === 'later' && !signal.aborted; result = await soon(next, pingMs, signal)) yield ': ping\n\n';
      if (result === 'later' || signal.aborted) return;
      if (result.done) {
        yield 'event: end\ndata:\n\n';
        return;
      }
      yield eventText(result.value);
    }
  } catch (error) {
    if (!signal.aborted) yield `event: error\ndata: ${JSON.stringify(problemOf(error, requestId))}\n\n`;
  } finally {
    // Not waited for: a generator that waits for news itself ends by the signal.
    source.return?.().catch(() => {});
  }
}

/** What comes within so many milliseconds, else `later`. */
async function soon<Value>(coming: Promise<Value>, ms: number, signal?: AbortSignal): Promise<Value | 'later'> {
  let timer: NodeJS.Timeout | undefined;
  let stop = () => {};
  const later = new Promise<'later'>((resolve) => {
    stop = () => resolve('later');
    timer = setTimeout(stop, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([coming, later]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}

function eventText(event: unknown): string {
  if (!isTrackedEnvelope(event as never)) return `data: ${JSON.stringify(event)}\n\n`;
  const [id, data] = event as [string, unknown];
  return `id: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
}
