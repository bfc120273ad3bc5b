import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export type SqliteRequest =
  | { do: 'run'; sql: string; parameters: unknown[]; count: number }
  | { do: 'next'; count: number }
  | { do: 'leave' };
export type SqliteAnswer = { rows: Record<string, unknown>[]; rowCount: number; done: boolean };
type Message = SqliteAnswer | { error: { message: string; code: string } };

/** One SQLite connection in a process of its own. One request at a time. */
export class SqliteProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #closed = false;
  #written = '';

  constructor(path: string) {
    const extension = extname(fileURLToPath(import.meta.url));
    const fromSource = extension === '.ts';
    const tsx = () => pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
    this.#child = fork(fileURLToPath(new URL(`./sqlite-main${extension}`, import.meta.url)), [path], {
      execArgv: fromSource ? ['--import', tsx()] : [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.stderr?.on('data', (data: Buffer) => {
      this.#written = (this.#written + data).slice(-2000);
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once('close', () => {
        this.#closed = true;
        resolve();
      });
    });
    this.#child.on('error', () => undefined);
  }

  get alive(): boolean {
    return this.#child.connected && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** @throws what SQLite said, with its code; when the process is gone, an error without one */
  async ask(request: SqliteRequest): Promise<SqliteAnswer> {
    if (this.#closed) throw new Error('its process ended');
    const child = this.#child;
    this.#hold(true);
    return new Promise<SqliteAnswer>((resolve, reject) => {
      const onMessage = (message: Message) => {
        child.off('close', onClose);
        this.#hold(false);
        if ('error' in message) reject(Object.assign(new Error(message.error.message), { code: message.error.code }));
        else resolve(message);
      };
      const onClose = () => {
        child.off('message', onMessage);
        const [, reason = 'its process ended'] = /^\w*Error: (.*)$/m.exec(this.#written) ?? [];
        reject(new Error(reason));
      };
      child.once('message', onMessage as (message: unknown) => void);
      child.once('close', onClose);
      if (child.connected) child.send(request);
    });
  }

  /** Ends it at once; SQLite rolls back what was not committed. */
  async kill(): Promise<void> {
    this.#child.ref();
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  /** A process that is idle keeps nobody alive. */
  #hold(busy: boolean): void {
    const stderr = this.#child.stderr as unknown as { ref(): void; unref(): void };
    for (const part of [this.#child, this.#child.channel, stderr]) busy ? part?.ref() : part?.unref();
  }
}
