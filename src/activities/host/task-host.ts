import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CarillonError } from '../../core/errors.js';
import type { SettingOverrides } from '../../core/task/overrides.js';
import type { TemporalAddress } from '../workflows/link.js';
import type { FromHost, HostCall, HostEnd, ToHost } from './messages.js';
import { OutputLines, outputBudget } from './output-lines.js';
import { fromWire } from './wire-error.js';

export interface HostOptions {
  /** The configuration whose tasks it knows. */
  configPath: string;
  memoryMb: number;
  surroundings?: HostSurroundings;
}

/** What the worker knows beside the configuration, and its hosts have to know too. */
export interface HostSurroundings {
  overrides?: SettingOverrides;
  temporal?: TemporalAddress;
}

/** What an attempt in a host tells of itself. */
export interface HostListener {
  message(
    message: Exclude<FromHost, { type: 'ready' | 'pong' | 'crashed' | 'ended' }>,
    answer: (to: ToHost) => void,
  ): void;
  /** A line that it printed. */
  printed(stream: 'stdout' | 'stderr', line: string): void;
  /** It printed more than is kept. */
  omitted(bytes: number): void;
}

const compiled = !import.meta.url.endsWith('.ts');
const entry = fileURLToPath(new URL(compiled ? 'host-main.js' : 'host-main.ts', import.meta.url));
const startBoundMs = 30_000;
/** A host whose loop does not turn within this is not given another attempt. */
const pongBoundMs = 2000;
/** How long what a dead process printed may take to arrive. */
const drainMs = 500;

/** A process that makes attempts of the user's tasks, one at a time. */
export class TaskHost {
  readonly #child: ChildProcess;
  /** How it ended. */
  readonly exited: Promise<CarillonError>;
  readonly #outputs = { stdout: new OutputLines(), stderr: new OutputLines() };
  #hear: (message: FromHost) => void = () => {};
  #crash: unknown;
  #memory = false;
  #gone = false;
  /** The end of what it wrote to stderr. */
  #lastWords = '';

  constructor({ configPath, memoryMb, surroundings = {} }: HostOptions) {
    this.#child = fork(entry, [configPath, String(memoryMb), JSON.stringify(surroundings)], {
      execArgv: [...(compiled ? [] : ['--import', 'tsx']), `--max-old-space-size=${memoryMb}`],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe'],
      serialization: 'advanced',
      detached: true,
    });
    this.#child.on('message', (message: FromHost) => {
      if (message.type === 'crashed') this.#crash = fromWire(message.error);
      this.#hear(message);
    });
    // What is sent to a host that is going down is of no use to anybody.
    this.#child.on('error', () => {});
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#outputs.stdout.write(chunk));
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#lastWords = (this.#lastWords + chunk.subarray(-4000)).slice(-4000);
      this.#outputs.stderr.write(chunk);
    });
    const link = this.#child.stdio[4] as Socket;
    link
      .on('error', () => {})
      .on('data', () => {
        this.#memory = true;
      });
    this.exited = new Promise((resolve) => {
      this.#child.once('exit', async (code, signal) => {
        this.#gone = true;
        this.kill();
        await Promise.race([closed(this.#child), delay(drainMs)]);
        for (const output of Object.values(this.#outputs)) output.end();
        resolve(this.#ending(code, signal));
      });
    });
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** Ends the process and whatever it started, at once. */
  kill(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // Nobody is left in the group.
    }
  }

  /** Resolves when it can take an attempt. Throws what kept it from starting. */
  async ready(): Promise<void> {
    await this.#awaited('ready', startBoundMs);
  }

  /** Whether it is fit for another attempt. If not, it is killed. */
  async fit(): Promise<boolean> {
    try {
      const pong = this.#awaited('pong', pongBoundMs);
      this.#send({ type: 'ping' });
      await pong;
      return true;
    } catch {
      return false;
    }
  }

  /** Makes an attempt. Resolves with its end; throws when the process ended before. */
  async run(call: HostCall, listener: HostListener): Promise<HostEnd> {
    const budget = outputBudget();
    const { stdout, stderr } = this.#outputs;
    const printed = Promise.all([
      stdout.begin(call.mark, budget, (line) => listener.printed('stdout', line)),
      stderr.begin(call.mark, budget, (line) => listener.printed('stderr', line)),
    ]);
    const ended = new Promise<HostEnd>((resolve) => {
      this.#hear = (message) => {
        if (message.type === 'ended') resolve(message.end);
        else if (message.type !== 'ready' && message.type !== 'pong' && message.type !== 'crashed')
          listener.message(message, (to) => this.#send(to));
      };
    });
    try {
      this.#send({ type: 'run', call });
      const end = await Promise.race([ended, this.exited]);
      if (end instanceof CarillonError) throw end;
      // A task may have closed its outputs: its end is known all the same.
      await Promise.race([printed, delay(drainMs, undefined, { ref: false })]);
      return end;
    } finally {
      this.#hear = () => {};
      if (budget.omitted > 0) listener.omitted(budget.omitted);
    }
  }

  abort(reason: ToHost & { type: 'abort' }): void {
    this.#send(reason);
  }

  #send(message: ToHost): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  async #awaited(type: 'ready' | 'pong', boundMs: number): Promise<void> {
    const late = new AbortController();
    const said = new Promise<void>((resolve) => {
      this.#hear = (message) => {
        if (message.type === type) resolve();
      };
    });
    const tooLate = delay(boundMs, undefined, { signal: late.signal }).then(
      () => {
        this.kill();
        throw new CarillonError('TASK_EXITED', `The host process was not ${type} within ${boundMs} ms.`);
      },
      () => {},
    );
    const exit = this.exited.then((error) => {
      throw error;
    });
    exit.catch(() => {});
    try {
      await Promise.race([said, tooLate, exit]);
    } finally {
      late.abort();
    }
  }

  #ending(code: number | null, signal: NodeJS.Signals | null): CarillonError {
    if (this.#memory || /heap out of memory|Reached heap limit/.test(this.#lastWords)) {
      return new CarillonError('TASK_OUT_OF_MEMORY', 'The attempt used more memory than its process may have.', {
        hint: 'Work on less at a time, or raise `hosts.memoryMb` of the configuration.',
      });
    }
    const how = signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
    const said = this.#crash instanceof Error ? `: ${this.#crash.message}` : '';
    return new CarillonError(
      'TASK_EXITED',
      `The process of the attempt ${how} in mid-attempt${said}`,
      { hint: 'A task ends by returning or throwing; the log of the run has what the process printed.' },
      this.#crash === undefined ? {} : { cause: this.#crash },
    );
  }
}

function closed(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.once('close', () => resolve()));
}
