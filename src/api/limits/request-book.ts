import { setTimeout as wait } from 'node:timers/promises';
import { CarillonError } from '../../core/errors.js';
import type { KeyRing } from '../../keyring/key-ring.js';
import type { IdempotencyStore, KeptAnswer } from '../../store/store.js';
import type { Log } from '../log.js';

/** How long an answer is repeated. */
export const keptMs = 24 * 3_600_000;
/** A claim of a process that is gone lapses after this. */
const leaseMs = 10_000;
const extendEveryMs = 3000;
/** How long a repeated request waits for the first one's answer, and how often it looks for it in the database. */
const patienceMs = 5000;
const lookEveryMs = 100;
/** Largest answer that is kept, in bytes. A request whose answer is larger is carried out anew when it is repeated. */
const largestAnswer = 1.25 * 1024 * 1024;

export interface RequestBookOptions {
  store: IdempotencyStore;
  /** Seals answers: they hold what jobs carry. */
  keyRing: KeyRing;
  /** Of this process, unlike any other. */
  holder: string;
  log: Log;
}

/** A request that is this process's to answer. */
export interface Claim {
  /** Tells the answer to whoever repeats the request; undefined: there is none to keep, and it may be carried out anew. */
  end(answer: KeptAnswer | undefined): Promise<void>;
}

interface Open {
  request: string;
  claimed: boolean;
  answered: Promise<KeptAnswer | undefined>;
  end(answer: KeptAnswer | undefined): void;
}

/** Sees to it that of equal requests one is carried out and all get its answer, in this process and in others. */
export class RequestBook {
  readonly #open = new Map<string, Open>();

  constructor(private readonly options: RequestBookOptions) {}

  /**
   * @param id of caller, project and key
   * @param request digest of what is asked
   * @throws CarillonError IDEMPOTENCY_MISMATCH, IDEMPOTENCY_IN_FLIGHT, STORE_UNAVAILABLE
   */
  async begin(id: string, request: string): Promise<Claim | KeptAnswer> {
    const overdue = new AbortController();
    const timer = setTimeout(() => overdue.abort(), patienceMs);
    try {
      for (;;) {
        const open = this.#open.get(id);
        if (!open) return await this.#take(id, request, overdue.signal);
        if (open.claimed && open.request !== request) throw mismatch();
        const answer = await unlessAborted(open.answered, overdue.signal);
        if (answer && open.request === request) return answer;
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async #take(id: string, request: string, overdue: AbortSignal): Promise<Claim | KeptAnswer> {
    const open = this.#announce(id, request);
    try {
      const answer = await this.#claim(id, request, overdue);
      if (!answer) {
        open.claimed = true;
        return this.#claimed(id, open);
      }
      open.end(answer);
      return answer;
    } catch (error) {
      open.end(undefined);
      throw error;
    }
  }

  /** The answer there is, or undefined once the request is this process's. */
  async #claim(id: string, request: string, overdue: AbortSignal): Promise<KeptAnswer | undefined> {
    const { store, holder, keyRing } = this.options;
    for (;;) {
      const outcome = await store.claim({ id, request, holder, leaseMs, keepMs: keptMs });
      if (outcome.state === 'claimed') return undefined;
      if (outcome.state === 'mismatch') throw mismatch();
      if (outcome.state === 'answered') {
        const { answer } = outcome;
        return { ...answer, body: keyRing.open('payload', answer.body, id) };
      }
      if (overdue.aborted) throw inFlight();
      await wait(lookEveryMs);
    }
  }

  #claimed(id: string, open: Open): Claim {
    const { store, holder, log, keyRing } = this.options;
    const trouble = (error: unknown) =>
      log('warn', 'The answer to a request with an idempotency key could not be kept.', { error: String(error) });
    const beat = setInterval(() => void store.extend(id, holder, leaseMs).catch(() => undefined), extendEveryMs);
    return {
      end: async (answer) => {
        clearInterval(beat);
        const kept = answer && answer.body.length <= largestAnswer ? answer : undefined;
        const written = kept
          ? store.answer(id, holder, { ...kept, body: keyRing.seal('payload', kept.body, id) })
          : store.release(id, holder);
        await written.catch(trouble);
        open.end(kept);
      },
    };
  }

  #announce(id: string, request: string): Open {
    let resolve: (answer: KeptAnswer | undefined) => void = () => {};
    const answered = new Promise<KeptAnswer | undefined>((settle) => {
      resolve = settle;
    });
    const open: Open = {
      request,
      claimed: false,
      answered,
      end: (answer) => {
        this.#open.delete(id);
        resolve(answer);
      },
    };
    this.#open.set(id, open);
    return open;
  }
}

async function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  if (signal.aborted) throw inFlight();
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(inFlight());
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function mismatch(): CarillonError {
  return new CarillonError(
    'IDEMPOTENCY_MISMATCH',
    'Expected the request that `Idempotency-Key` was first used with, got another path or body.',
    { field: 'Idempotency-Key', hint: 'Use a new key for a new request.' },
  );
}

function inFlight(): CarillonError {
  return new CarillonError('IDEMPOTENCY_IN_FLIGHT', 'Expected the first request with this key to be answered by now.', {
    field: 'Idempotency-Key',
    hint: 'Repeat the request with the same key in a second.',
  });
}
