import { CarillonError } from '../../../core/errors.js';
import type { TaskContext } from '../../../core/task/context.js';
import type { Journal } from './journal.js';
import type { Messages } from './messages.js';
import { SmtpSession } from './session.js';

/** So many put off in a row: the server wants to be left alone. */
const patience = 20;
/** One attempt's way through the recipients that are left. */
export class Round {
  #session: SmtpSession | undefined;
  #putOff = 0;

  constructor(
    private readonly context: TaskContext,
    private readonly messages: Messages,
    private readonly journal: Journal,
    private readonly timeoutMs: number,
  ) {}

  async run(chunk: number): Promise<void> {
    const { journal } = this;
    // Whom the server put off before comes last, so that nobody waits behind them for ever.
    const queue = [...journal.all('waiting'), ...journal.all('deferred')];
    try {
      this.#session = queue.length > 0 ? await this.#open() : undefined;
      for (let done = 0; done < queue.length; done += chunk) await this.#sendChunk(queue.slice(done, done + chunk));
      await journal.write();
      this.#session?.quit();
      this.#session = undefined;
    } finally {
      this.#session?.close();
    }
    const deferred = journal.count('deferred');
    if (deferred > 0) throw this.#deferral(deferred);
  }

  /** All of the chunk is marked as begun before the first is sent, and what became of each afterwards. */
  async #sendChunk(chunk: number[]): Promise<void> {
    const { context, journal } = this;
    const left = new Map(
      chunk.map((index) => [index, journal.is(index, 'deferred') ? 'deferred' : 'waiting'] as const),
    );
    for (const index of chunk) journal.set(index, 'open');
    await journal.write();
    try {
      for (const index of chunk) {
        context.signal.throwIfAborted();
        await this.#sendOne(index);
        left.delete(index);
      }
    } finally {
      // Those whose turn did not come, and the one that the server never had, wait for the next attempt.
      for (const [index, state] of left) if (journal.is(index, 'open')) journal.set(index, state);
      this.#tell();
      if (left.size > 0) await journal.write();
    }
  }

  async #sendOne(index: number): Promise<void> {
    const { context, journal, messages } = this;
    const message = await messages.compose(index);
    const to = messages.recipients[index]?.address as string;
    for (;;) {
      this.#session ??= await this.#open();
      const fresh = this.#session.answered === 0;
      const { state, reason } = await this.#session.send(messages.from.address, to, message);
      if (state === 'lost' || state === 'unknown') {
        this.#session.close();
        this.#session = undefined;
      }
      // A server may end a connection after so many messages; one that takes none at all is another matter.
      const dead = fresh && (state === 'lost' || state === 'unknown');
      if (state === 'lost') {
        context.signal.throwIfAborted();
        if (!dead) continue;
        // Should it be this message that the server cannot bear, the others come before it from now on.
        journal.set(index, 'deferred', reason);
        throw this.#dead(reason);
      }
      journal.set(index, state, reason);
      if (state !== 'sent') context.log.warn(`Mail was not sent: ${state}.`, { address: to, state, reason });
      if (dead && !context.signal.aborted) throw this.#dead(reason);
      this.#putOff = state === 'deferred' ? this.#putOff + 1 : 0;
      if (this.#putOff >= patience) throw this.#deferral(journal.count('deferred'));
      return;
    }
  }

  #open(): Promise<SmtpSession> {
    return SmtpSession.open(this.context, this.timeoutMs);
  }

  #tell(): void {
    const { context, journal, messages } = this;
    const [sent, rejected, unknown] = (['sent', 'rejected', 'unknown'] as const).map((state) => journal.count(state));
    const settled = (sent ?? 0) + (rejected ?? 0) + (unknown ?? 0);
    context.progress(settled, messages.recipients.length, `${sent} sent, ${rejected} rejected`);
  }

  #dead(reason: string | undefined): CarillonError {
    return new CarillonError('SMTP_UNREACHABLE', `The mail server ends the connection: ${reason}`, {
      field: 'smtp.url',
    });
  }

  #deferral(count: number): CarillonError {
    const message = `The mail server put off ${count} of ${this.messages.recipients.length} recipients; the others are done.`;
    const hint = 'Another attempt sends to those only: give the job attempts and waits as the mail server asks for.';
    return new CarillonError('EMAIL_DEFERRED', message, { field: 'input.to', value: count, hint });
  }
}
