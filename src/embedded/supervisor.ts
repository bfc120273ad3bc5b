import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { CarillonError } from '../core/errors.js';
import type { PartLogs } from './part-logs.js';

/** One process under the supervisor: a Node program that sends {type: 'ready'} once it serves. */
export interface Part {
  name: string;
  /** Arguments of `node`: its options, the file, and the file's arguments. */
  args: string[];
  env: NodeJS.ProcessEnv;
  /** Bound from its start to `ready`. */
  readyMs: number;
  /** How long it may take to end after SIGTERM, before SIGKILL. */
  graceMs: number;
}

export interface SupervisorEvents {
  /** Anything a part sends besides `ready`. */
  onMessage?(part: string, message: { type?: string }): void;
  /** A part died and is started again after `delayMs`. */
  onRestart?(part: string, cause: string, delayMs: number): void;
}

interface Running {
  part: Part;
  child?: ChildProcess;
  /** Deaths in a row, without a stretch of `stableMs` between them. */
  deaths: number;
  stopping: boolean;
  /** Cuts a back-off short when the part is stopped. */
  cancel: AbortController;
}

const firstTries = 3;
const stableMs = 30_000;
const longestBackoffMs = 10_000;

/** Wait before the next start after so many deaths in a row: none, then 200 ms doubling up to 10 s. */
export function restartDelay(deaths: number): number {
  return deaths <= 1 ? 0 : Math.min(200 * 2 ** (deaths - 2), longestBackoffMs);
}

/**
 * Keeps processes running. Each is a group of its own, so that Ctrl-C in the terminal reaches only the supervisor, which
 * ends them in order. Their IPC channel closes when the supervisor is gone, and they end by themselves.
 */
export class Supervisor {
  readonly #running = new Map<string, Running>();
  #closed = false;

  constructor(
    private readonly logs: PartLogs,
    private readonly events: SupervisorEvents = {},
  ) {}

  /**
   * Starts a part and keeps it running.
   * @returns once it is ready
   * @throws CarillonError INTERNAL when it ends or stays silent at each of its first three starts
   */
  async start(part: Part): Promise<void> {
    if (this.#closed) throw this.#cannotStart(part.name, 'was asked for while everything is being ended');
    const running: Running = { part, deaths: 0, stopping: false, cancel: new AbortController() };
    this.#running.set(part.name, running);
    for (let attempt = 1; ; attempt += 1) {
      const { ready, ended } = this.#launch(running);
      const cause = await ready;
      if (cause === undefined) {
        void this.#keep(running, ended);
        return;
      }
      if (attempt === firstTries || running.stopping) throw this.#cannotStart(part.name, cause);
    }
  }

  /** Process id of a part, to look at or to kill in a test. */
  pid(name: string): number | undefined {
    return this.#running.get(name)?.child?.pid;
  }

  /**
   * Ends everything for good: SIGTERM, then SIGKILL to those that are still there after their grace.
   * @param order names of parts; those in one list end side by side, before those in the next
   */
  async stop(order: readonly (readonly string[])[]): Promise<void> {
    this.#closed = true;
    for (const names of order) await Promise.all(names.map((name) => this.#end(name)));
  }

  /** Ends everything at once, without grace. */
  killAll(): void {
    this.#closed = true;
    for (const running of this.#running.values()) {
      running.stopping = true;
      running.cancel.abort();
      killGroup(running.child);
    }
  }

  async #keep(running: Running, ended: Promise<string>): Promise<void> {
    for (let current = ended; ; ) {
      const stable = setTimeout(() => {
        running.deaths = 0;
      }, stableMs).unref();
      const cause = await current;
      clearTimeout(stable);
      do {
        if (running.stopping) return;
        running.deaths += 1;
        const wait = restartDelay(running.deaths);
        this.events.onRestart?.(running.part.name, cause, wait);
        await delay(wait, undefined, { signal: running.cancel.signal }).catch(() => undefined);
        if (running.stopping) return;
        const next = this.#launch(running);
        current = next.ended;
        if ((await next.ready) === undefined) break;
      } while (!running.stopping);
    }
  }

  /** `ready` yields undefined, or why the part did not get ready; `ended` yields how it ended. */
  #launch(running: Running): { ready: Promise<string | undefined>; ended: Promise<string> } {
    const { part } = running;
    const log = this.logs.open(part.name);
    const child = spawn(process.execPath, part.args, {
      env: part.env,
      detached: true,
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    running.child = child;
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(signal ? `ended by ${signal}` : `ended with code ${code}`));
    });
    const ready = new Promise<string | undefined>((resolve) => {
      const timer = setTimeout(() => {
        killGroup(child);
        void ended.then(() => resolve(`was not ready within ${part.readyMs / 1000} s`));
      }, part.readyMs);
      void ended.then((cause) => {
        clearTimeout(timer);
        resolve(cause);
      });
      child.on('message', (message: { type?: string }) => {
        if (message.type !== 'ready') return this.events.onMessage?.(part.name, message);
        clearTimeout(timer);
        resolve(undefined);
      });
    });
    return { ready, ended };
  }

  async #end(name: string): Promise<void> {
    const running = this.#running.get(name);
    if (!running) return;
    running.stopping = true;
    running.cancel.abort();
    const { child, part } = running;
    if (child?.pid && child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      const timer = setTimeout(() => killGroup(child), part.graceMs);
      await ended;
      clearTimeout(timer);
    }
    this.#running.delete(name);
  }

  #cannotStart(name: string, cause: string): CarillonError {
    const last = this.logs.tail(name);
    return new CarillonError(
      'INTERNAL',
      `Expected the ${name} process to start, but it ${cause}.${last && `\n${last}`}`,
      {
        field: name,
        hint: `Its log is ${this.logs.file(name)}.`,
      },
    );
  }
}

/** Kills a part with whatever it has started: its group carries its pid. */
function killGroup(child: ChildProcess | undefined): void {
  if (!child?.pid) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group is gone already.
  }
}
