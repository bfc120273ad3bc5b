import { CarillonError } from '../../core/errors.js';
import type { LastSuccess } from '../../core/task/context.js';
import { isOutcome } from '../../core/task/outcome.js';
import type { AnyTask } from '../../core/task/task.js';
import { runTask } from '../attempt.js';
import type { Services } from '../services/services.js';
import { taskContext } from '../task-context.js';
import { LineBudget, NewestFirst } from './flow.js';
import type { FromHost, HostCall, HostEnd, Question, ToHost } from './messages.js';
import { fromWire, toWire, type WireError } from './wire-error.js';

/** Largest result that travels to the worker, as JSON. */
const longestResult = 32 * 1024 * 1024;

/** One attempt, seen from inside its host. */
export class HostAttempt {
  readonly #controller = new AbortController();
  readonly #asked = new Map<number, { resolve: (value: never) => void; reject: (error: unknown) => void }>();
  #nextId = 1;

  constructor(
    private readonly call: HostCall,
    private readonly services: Services,
    private readonly send: (message: FromHost, done?: () => void) => void,
  ) {}

  abort(reason: WireError): void {
    this.#controller.abort(fromWire(reason));
  }

  answer({ id, value, error }: ToHost & { type: 'answer' }): void {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    if (error) asked?.reject(fromWire(error));
    else asked?.resolve(value as never);
  }

  /** Never throws. */
  async make(find: () => AnyTask): Promise<HostEnd> {
    const { call } = this;
    let over = false;
    // What a task leaves running after its end speaks for no attempt.
    const send: typeof this.send = (message, done) => (over ? done?.() : this.send(message, done));
    const lines = new LineBudget();
    const progress = new NewestFirst(send);
    const beats = new NewestFirst(send);
    const services: Services = {
      ...this.services,
      secrets: { get: (name) => this.ask<string>({ what: 'secret', name }) },
    };
    const links = {
      ...call,
      write: (level: (FromHost & { type: 'log' })['level'], message: string, fields?: Record<string, unknown>) => {
        const line = lines.take(message, fields);
        if (line) send({ type: 'log', level: line.cut ? 'warn' : level, message: line.message, fields: line.fields });
      },
      progress: (done: number, total?: number, note?: string) => progress.tell({ type: 'progress', done, total, note }),
      heartbeat: (details: unknown) => beats.tell({ type: 'heartbeat', details: plain(details) }),
      lastSuccess: () => this.ask<LastSuccess | undefined>({ what: 'lastSuccess' }),
    };
    try {
      const context = { ...taskContext(links, services), signal: this.#controller.signal };
      const value = await runTask(find(), call.input, context);
      return isOutcome(value) ? { outcome: value } : resultOf(value);
    } catch (error) {
      return { error: toWire(error) };
    } finally {
      progress.end();
      beats.end();
      over = true;
    }
  }

  /** @throws what the worker throws */
  ask<Answer>(question: Question): Promise<Answer> {
    const id = this.#nextId++;
    return new Promise<Answer>((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      this.send({ type: 'ask', id, question });
    });
  }
}

/** JSON is made here: a result that takes long to write, or has no end, costs the host. */
function resultOf(value: unknown): HostEnd {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    return { omitted: `not JSON: ${(error as Error).message}` };
  }
  if (text !== undefined && text.length > longestResult) {
    throw new CarillonError(
      'PAYLOAD_TOO_LARGE',
      `Expected a result of at most ${longestResult} bytes as JSON, got ${text.length}.`,
      { field: 'result', hint: 'Write it to `context.files` and return where it is.' },
    );
  }
  return { result: text };
}

/** Plain JSON of what a task keeps; what is not JSON is kept as nothing. */
function plain(value: unknown): unknown {
  const text = JSON.stringify(value);
  return text === undefined ? undefined : JSON.parse(text);
}
