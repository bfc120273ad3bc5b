import { Readable } from 'node:stream';
import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import { CarillonError } from '../../../core/errors.js';
import type { TaskContext } from '../../../core/task/context.js';
import { resolveInAddress } from '../../secrets/resolve.js';

/**
 * What became of a message. `lost`: the connection ended before the server had it. `unknown`: it ended before the server
 * said whether it took it.
 */
export interface Delivery {
  state: 'sent' | 'rejected' | 'deferred' | 'lost' | 'unknown';
  reason?: string;
}

interface SmtpError extends Error {
  responseCode?: number;
  command?: string;
  code?: string;
}

/** One connection to the mail server. Ends with `signal`. */
export class SmtpSession {
  /** Messages the server has answered for. */
  answered = 0;
  #ended: ((reason: Error) => void) | undefined;

  private constructor(
    private readonly connection: SMTPConnection,
    private readonly signal: AbortSignal,
    private readonly timeoutMs: number,
  ) {}

  /** Connects and logs in. @throws CarillonError CONFIG_INVALID, SMTP_UNREACHABLE or SMTP_REFUSED */
  static async open(context: TaskContext, timeoutMs: number): Promise<SmtpSession> {
    const { signal } = context;
    const { auth, ...address } = await addressOf(context);
    const { default: Connection } = await import('nodemailer/lib/smtp-connection');
    const bounds = {
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      dnsTimeout: timeoutMs,
    };
    const connection = new Connection({ ...address, ...bounds, socketCloseTimeout: 0 });
    const session = new SmtpSession(connection, signal, timeoutMs);
    connection.on('error', (error: Error) => session.#ended?.(error));
    // The command in flight is told first what the server said, if it said anything.
    connection.on('end', () =>
      queueMicrotask(() => session.#ended?.(new Error('The mail server closed the connection.'))),
    );
    try {
      await session.#untilEnd((done) => connection.connect((error) => done(error)));
      if (auth?.user) await session.#untilEnd((done) => connection.login(auth, (error) => done(error)));
    } catch (error) {
      session.close();
      if (signal.aborted) throw signal.reason;
      throw unusable(error as SmtpError, `${address.host}:${address.port ?? (address.secure ? 465 : 587)}`);
    }
    return session;
  }

  /** @throws CarillonError SMTP_REFUSED when the server does not take the sender; nothing was sent then */
  async send(from: string, to: string, message: Buffer): Promise<Delivery> {
    const body = Readable.from([message]);
    // Read to its end, the server may have it: what went wrong later leaves that open.
    let handedOver = false;
    body.once('end', () => {
      handedOver = true;
    });
    try {
      await this.#untilEnd((done) => this.connection.send({ from, to: [to] }, body, (error) => done(error)));
      this.answered++;
      return { state: 'sent' };
    } catch (error) {
      if (this.signal.aborted) return { state: handedOver ? 'unknown' : 'lost' };
      return this.#failed(error as SmtpError, handedOver);
    }
  }

  close(): void {
    this.connection.close();
  }

  /** Says goodbye; does not wait for the answer longer than for the next one. */
  quit(): void {
    this.connection.quit();
  }

  async #failed(error: SmtpError, handedOver: boolean): Promise<Delivery> {
    const { responseCode: answer, message: reason, command, code } = error;
    // Larger than the server said it takes: it was not even offered.
    if (!answer && code === 'EMESSAGE') return { state: 'rejected', reason };
    if (!answer) return { state: handedOver ? 'unknown' : 'lost', reason };
    // 421: the server closes, whatever it was asked.
    if (answer === 421) return { state: 'lost', reason };
    this.answered++;
    if (command === 'MAIL FROM' && answer >= 500) {
      const hint = 'Use an address in `from` that the mail server lets this login send as.';
      throw new CarillonError('SMTP_REFUSED', `The mail server refuses the sender: ${reason}`, {
        field: 'input.from',
        hint,
      });
    }
    await this.#untilEnd((done) => this.connection.reset((failure) => done(failure))).catch(() => this.close());
    return { state: answer >= 500 ? 'rejected' : 'deferred', reason };
  }

  /** A command's end: its own, or that of the connection, of its time or of the run. */
  #untilEnd(begin: (done: (error?: unknown) => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error?: unknown) => {
        this.#ended = undefined;
        clearTimeout(timer);
        this.signal.removeEventListener('abort', abort);
        if (error) reject(error);
        else resolve();
      };
      const leave = (reason: unknown) => {
        settle(reason);
        this.connection.close();
      };
      const abort = () => leave(this.signal.reason);
      const timer = setTimeout(() => leave(new Error(`No answer for ${this.timeoutMs} ms.`)), this.timeoutMs);
      this.#ended = settle;
      if (this.signal.aborted) return abort();
      this.signal.addEventListener('abort', abort, { once: true });
      begin(settle);
    });
  }
}

/** Host, port, login and TLS settings out of `settings.smtp.url`. */
async function addressOf({ settings, secrets }: TaskContext) {
  const text = await resolveInAddress(settings.smtp?.url ?? '', secrets);
  if (!/^smtps?:$/.test(URL.canParse(text) ? new URL(text).protocol : '') || !new URL(text).hostname) {
    const message = 'Expected `smtp.url` of the configuration to be smtp://user:password@host:port or smtps://….';
    const hint = 'Set `smtp.url` in carillon.config.ts; see docs/email.md.';
    throw new CarillonError('CONFIG_INVALID', message, { field: 'smtp.url', hint });
  }
  const { parseConnectionUrl } = await import('nodemailer/lib/shared');
  const { host, port, secure, auth, tls, requireTLS, ignoreTLS, name } = parseConnectionUrl(text);
  const flags = { requireTLS: requireTLS === true, ignoreTLS: ignoreTLS === true };
  return { host, port, secure, auth, tls, ...flags, name: typeof name === 'string' ? name : undefined };
}

function unusable(error: SmtpError, server: string): CarillonError {
  const message = `${server}: ${error.message}`;
  const details = { field: 'smtp.url', value: server };
  if (error.code === 'EAUTH' || (error.responseCode ?? 0) >= 500) {
    const hint = 'Check user and password in `smtp.url`.';
    return new CarillonError(
      'SMTP_REFUSED',
      `The mail server refuses: ${message}`,
      { ...details, hint },
      { cause: error },
    );
  }
  return new CarillonError('SMTP_UNREACHABLE', `The mail server does not answer: ${message}`, details, {
    cause: error,
  });
}
