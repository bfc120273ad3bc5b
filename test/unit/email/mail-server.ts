import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server';
import { onTestFinished } from 'vitest';
import { emailTask } from '../../../src/activities/tasks/email/email.js';
import type { TaskFiles } from '../../../src/core/task/services.js';
import { type ContextOptions, type TaskTrace, testContext } from '../../../src/kit/task-run.js';

export interface Received {
  from: string;
  to: string[];
  /** As it came over the wire, dots unstuffed. */
  raw: string;
}

/** An error with the answer the server gives. */
export function answer(responseCode: number, message = 'as the test wants it'): Error {
  return Object.assign(new Error(message), { responseCode });
}

export interface MailServer {
  url: string;
  /** Every message it took, in order. */
  received: Received[];
  server: SMTPServer;
}

/** A real SMTP server in this process. */
export async function listenForMail(
  options: SMTPServerOptions & {
    /** Throws what the server answers to a whole message; awaited before it counts as received. */
    take?: (message: Received, session: SMTPServerSession) => void | Promise<void>;
  } = {},
): Promise<MailServer> {
  const { take, ...others } = options;
  const received: Received[] = [];
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    closeTimeout: 1,
    logger: false,
    async onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk);
      const { mailFrom, rcptTo } = session.envelope;
      const message = {
        from: mailFrom ? mailFrom.address : '',
        to: rcptTo.map(({ address }) => address),
        raw: Buffer.concat(chunks).toString('utf8'),
      };
      try {
        await take?.(message, session);
        received.push(message);
        callback();
      } catch (error) {
        callback(error as Error);
      }
    },
    ...others,
  });
  // Clients that leave in mid-command are part of the tests.
  server.on('error', () => {});
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  onTestFinished(async () => {
    hangUp(server);
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const { port } = server.server.address() as AddressInfo;
  return { url: `smtp://127.0.0.1:${port}`, received, server };
}

/** Ends all connections in the middle of whatever they are at. */
export function hangUp({ connections }: SMTPServer): void {
  for (const { _socket: socket } of connections as Set<{ _socket: { destroy(): void } }>) socket.destroy();
}

/** The run's folder, in memory, with the errors of a real one. */
export function folder(): { files: () => TaskFiles; saved: Map<string, string> } {
  const saved = new Map<string, string>();
  const files: TaskFiles = {
    async put(name, body) {
      saved.set(name, String(body));
      return `memory:///${name}`;
    },
    async get(name) {
      const body = saved.get(name);
      if (body === undefined) throw Object.assign(new Error('No such object.'), { code: 'OBJECT_NOT_FOUND' });
      return (async function* () {
        yield Buffer.from(body);
      })();
    },
  };
  return { files: () => files, saved };
}

type Input = Parameters<typeof emailTask.input.parse>[0];
export const basic = { from: 'Sender <sender@example.org>', subject: 'Subject', text: 'Text' };

/** Runs the task as a worker does. `trace` shows what it told, also when it fails. */
export function send(
  url: string,
  input: Input,
  options: ContextOptions = {},
): { done: Promise<unknown>; trace: TaskTrace } {
  const { context, trace } = testContext({ settings: { smtp: { url } }, ...options });
  const run = async () => emailTask.run(context, emailTask.input.parse({ ...basic, ...(input as object) }));
  const done = run();
  done.catch(() => {});
  return { done, trace };
}

export function addresses(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `user${index}@example.net`);
}

/** Whoever got a message, and how many. */
export function counts(received: Received[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { to } of received) for (const one of to) found[one] = (found[one] ?? 0) + 1;
  return found;
}
