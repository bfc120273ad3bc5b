import { CarillonError, show } from '../../../core/errors.js';
import type { TaskContext } from '../../../core/task/context.js';

/** What became of each recipient, one letter for each in their order. */
export type State = 'waiting' | 'open' | 'sent' | 'rejected' | 'deferred' | 'unknown';
const letters: Record<State, string> = {
  waiting: '.',
  /** About to be sent: whoever finds it so after a crash does not know whether it was. */
  open: 'o',
  sent: 's',
  rejected: 'r',
  /** The server did not take it yet. */
  deferred: 'd',
  unknown: 'u',
};

interface Mark {
  /** Grows with each mark. */
  sequence: number;
  /** Tells the list of recipients. */
  list: string;
  states: string;
  /** What the server said of those it rejected, the first so many. */
  reasons: Record<string, string>;
}

const object = 'email.json';
const mostReasons = 100;

/**
 * What became of whom, kept where the next attempt finds it: in the run's folder of the object store, written before
 * anything is sent, and in the details of the heartbeat, which arrive some seconds later.
 */
export class Journal {
  #sequence: number;
  readonly #states: string[];
  readonly #reasons: Record<string, string>;
  #stored = true;

  private constructor(
    private readonly context: TaskContext,
    private readonly list: string,
    { sequence, states, reasons }: Omit<Mark, 'list'>,
  ) {
    this.#sequence = sequence;
    this.#states = [...states];
    this.#reasons = { ...reasons };
  }

  /**
   * What the attempts before left behind, or a new journal. Those who were about to be sent to are `unknown` now.
   * @param list digest of the recipients; what was kept of another list is refused
   */
  static async open(context: TaskContext, list: string, count: number): Promise<Journal> {
    const kept = [await readObject(context), context.heartbeatDetails].filter(isMark);
    const [latest] = kept.sort((a, b) => b.sequence - a.sequence);
    if (latest && (latest.list !== list || latest.states.length !== count)) {
      throw new CarillonError('TASK_INPUT_INVALID', 'Expected the recipients of the attempt before, got others.', {
        field: 'input.to',
        hint: 'Start a new run: nobody can tell who of these got the message already.',
      });
    }
    const fresh = { sequence: 0, states: letters.waiting.repeat(count), reasons: {} };
    const journal = new Journal(context, list, latest ?? fresh);
    for (const index of journal.all('open')) journal.set(index, 'unknown');
    return journal;
  }

  /** Recipients in one of these states, by their place in the list. */
  all(...states: State[]): number[] {
    const wanted = new Set(states.map((state) => letters[state]));
    return this.#states.flatMap((letter, index) => (wanted.has(letter) ? [index] : []));
  }

  is(index: number, state: State): boolean {
    return this.#states[index] === letters[state];
  }

  count(state: State): number {
    return this.all(state).length;
  }

  reason(index: number): string | undefined {
    return this.#reasons[index];
  }

  set(index: number, state: State, reason?: string): void {
    this.#states[index] = letters[state];
    if (reason === undefined) delete this.#reasons[index];
    else if (Object.keys(this.#reasons).length < mostReasons) this.#reasons[index] = reason.slice(0, 200);
  }

  /** Resolves once the state is kept. */
  async write(): Promise<void> {
    const mark: Mark = {
      sequence: ++this.#sequence,
      list: this.list,
      states: this.#states.join(''),
      reasons: { ...this.#reasons },
    };
    this.context.heartbeat(mark);
    if (!this.#stored) return;
    try {
      await this.context.files.put(object, JSON.stringify(mark), { contentType: 'application/json' });
    } catch (error) {
      if (codeOf(error) !== 'CONFIG_INVALID') throw error;
      this.#stored = false;
      const lag = 'what was sent in the seconds before an attempt failed or its worker died may be sent again';
      this.context.log.warn(`There is no object store: ${lag}.`);
    }
  }
}

async function readObject({ files }: TaskContext): Promise<unknown> {
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of await files.get(object)) chunks.push(chunk);
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    // Anything else is no answer to whether mail went out: the attempt fails, and another one asks again.
    if (['OBJECT_NOT_FOUND', 'CONFIG_INVALID'].includes(codeOf(error))) return undefined;
    throw error;
  }
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | undefined)?.code);
}

function isMark(value: unknown): value is Mark {
  if (value === undefined || value === null) return false;
  const { sequence, list, states, reasons } = value as Partial<Mark>;
  if (typeof sequence === 'number' && typeof list === 'string' && typeof states === 'string' && reasons) return true;
  throw new CarillonError('INTERNAL', `Expected what was kept of the attempt before, got ${show(value)}.`);
}
