import { tracked } from '@trpc/server';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openStream } from '../../../../src/api/rest/event-stream.js';
import { CarillonError } from '../../../../src/core/errors.js';

/** What is told as it is pushed; until then it waits. */
function source() {
  const events: unknown[] = [];
  let wake = () => {};
  let ended = false;
  async function* generate(signal: AbortSignal) {
    signal.addEventListener('abort', () => wake());
    try {
      while (!signal.aborted) {
        for (let event = events.shift(); event !== undefined; event = events.shift()) {
          if (event instanceof Error) throw event;
          if (event === 'return') return;
          yield event;
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      ended = true;
    }
  }
  const push = (event: unknown) => {
    events.push(event);
    wake();
  };
  return { generate, push, ended: () => ended };
}

const gone = new CarillonError('RUN_NOT_FOUND', 'There is none.');

describe('a stream of events', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('tells each with its id and its JSON, and that it is over', async () => {
    const { generate, push } = source();
    for (const event of [tracked('7-a', { text: 'a\nb' }), { plain: true }, 'return']) push(event);
    const { signal } = new AbortController();
    const { text } = await openStream(generate(signal), signal, 'request');
    const pieces = [];
    for await (const piece of text) pieces.push(piece);
    expect(pieces).toEqual([
      'retry: 1000\n\n',
      'id: 7-a\ndata: {"text":"a\\nb"}\n\n',
      'data: {"plain":true}\n\n',
      'event: end\ndata:\n\n',
    ]);
  });

  it('throws what fails at once, and tells what fails later', async () => {
    const { signal } = new AbortController();
    const early = source();
    early.push(gone);
    await expect(openStream(early.generate(signal), signal, 'request')).rejects.toBe(gone);

    const late = source();
    const opening = openStream(late.generate(signal), signal, 'request');
    await vi.advanceTimersByTimeAsync(1000);
    const { text } = await opening;
    late.push(gone);
    expect((await text.next()).value).toBe('retry: 1000\n\n');
    expect((await text.next()).value).toMatch(
      /^event: error\ndata: \{.*"code":"RUN_NOT_FOUND","requestId":"request"\}\n\n$/,
    );
    expect((await text.next()).done).toBe(true);
  });

  it('tells every 15 s that it is there, and ends its source when nobody listens any more', async () => {
    const { generate, push, ended } = source();
    const listener = new AbortController();
    push({ first: true });
    const { text } = await openStream(generate(listener.signal), listener.signal, 'request');
    await text.next();
    await text.next();
    for (let pings = 0; pings < 2; pings++) {
      const next = text.next();
      await vi.advanceTimersByTimeAsync(14_999);
      const early = await Promise.race([next, Promise.resolve('nothing')]);
      expect(early).toBe('nothing');
      await vi.advanceTimersByTimeAsync(1);
      expect((await next).value).toBe(': ping\n\n');
    }
    const last = text.next();
    listener.abort();
    expect((await last).done).toBe(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(ended()).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});
