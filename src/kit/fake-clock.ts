import { syncBuiltinESMExports } from 'node:module';
import timersPromises from 'node:timers/promises';

interface Timer {
  at: number;
  every?: number;
  call: () => void;
}

const real = {
  Date: globalThis.Date,
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setInterval: globalThis.setInterval,
  clearInterval: globalThis.clearInterval,
  setImmediate: globalThis.setImmediate,
};
const realDelay = timersPromises.setTimeout;

/**
 * Time that moves by hand: `Date`, `setTimeout`, `setInterval` and `setTimeout` of node:timers/promises, in the whole
 * process while it is installed. Timers fire in their order, each at its own time.
 */
export class FakeClock {
  readonly #timers = new Map<object, Timer>();

  /** @param now ms since 1970 */
  constructor(public now: number) {}

  install(): void {
    const clock = this;
    const add = (call: () => void, ms: unknown, repeat: boolean) => {
      const wait = Math.max(1, Number(ms) || 0);
      const handle = handleOf(() => clock.#timers.delete(handle));
      clock.#timers.set(handle, { at: clock.now + wait, call, ...(repeat && { every: wait }) });
      return handle;
    };
    const clear = (handle: object | undefined) => void (handle && clock.#timers.delete(handle));
    class FakeDate extends real.Date {
      constructor(...args: unknown[]) {
        super(...((args.length === 0 ? [clock.now] : args) as [number]));
      }
      static override now(): number {
        return clock.now;
      }
    }
    const delay = (ms?: number, value?: unknown, { signal }: { signal?: AbortSignal } = {}) =>
      new Promise((resolve, reject) => {
        const stop = () => {
          clear(handle);
          reject(
            Object.assign(new Error('The operation was aborted', { cause: signal?.reason }), {
              name: 'AbortError',
              code: 'ABORT_ERR',
            }),
          );
        };
        const handle = add(
          () => {
            signal?.removeEventListener('abort', stop);
            resolve(value);
          },
          ms,
          false,
        );
        if (signal?.aborted) stop();
        else signal?.addEventListener('abort', stop, { once: true });
      });
    Object.assign(globalThis, {
      Date: FakeDate,
      setTimeout: (call: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) =>
        add(() => call(...args), ms, false),
      setInterval: (call: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) =>
        add(() => call(...args), ms, true),
      clearTimeout: clear,
      clearInterval: clear,
    });
    timersPromises.setTimeout = delay as typeof realDelay;
    syncBuiltinESMExports();
  }

  uninstall(): void {
    const { setImmediate: _, ...globals } = real;
    Object.assign(globalThis, globals);
    timersPromises.setTimeout = realDelay;
    syncBuiltinESMExports();
    this.#timers.clear();
  }

  /** When the next timer fires; undefined: none is set. */
  get next(): number | undefined {
    const times = [...this.#timers.values()].map(({ at }) => at);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  /** Goes on to the next timer and fires it. False: none is set. */
  step(): boolean {
    const [first] = [...this.#timers].sort(([, a], [, b]) => a.at - b.at);
    if (!first) return false;
    const [handle, timer] = first;
    this.now = Math.max(this.now, timer.at);
    if (timer.every === undefined) this.#timers.delete(handle);
    else timer.at += timer.every;
    timer.call();
    return true;
  }
}

/** Lets everything that needs no time happen; with sockets or files open, for `ms` of real time. */
export async function settle(ms: number): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise<void>((resolve) => real.setImmediate(resolve));
  const busy = process
    .getActiveResourcesInfo()
    .some((name) => /^(TCPSocket|TCPConnect|GetAddr|FSReq|Process|TLS)/.test(name));
  if (busy) await new Promise((resolve) => real.setTimeout(resolve, ms));
}

/** As Node's timers: some call `unref` on them, some turn them into a number. */
function handleOf(stop: () => void) {
  const handle = {
    ref: () => handle,
    unref: () => handle,
    hasRef: () => true,
    refresh: () => handle,
    close: stop,
    [Symbol.dispose]: stop,
  };
  return handle;
}
