import type { PayloadCodec } from '@temporalio/common';
import type { HostSettings } from '../../core/task/config.js';
import type { TaskContext } from '../../core/task/context.js';
import { TaskRegistry, versionOf } from '../../core/task/registry.js';
import type { AnyTask } from '../../core/task/task.js';
import type { LoadedConfig } from '../tasks/load.js';
import { runInHost } from './hosted-run.js';
import type { HostedRun, HostedTask } from './hosted-task.js';
import { type HostSurroundings, TaskHost } from './task-host.js';

export interface HostPoolOptions extends HostSettings {
  /** The configuration whose tasks its hosts know. */
  configPath: string;
  /** Attempts at the same time: so many hosts at most, unless `maximum` says fewer. */
  concurrency: number;
  surroundings?: HostSurroundings;
  /** Seals and opens payloads for hosts, which have no key. */
  codec?: PayloadCodec;
  /** Told of troubles that are no attempt's fault. */
  onTrouble?: (message: string) => void;
}

/** Hosts that wait for work are kept: as many as this for good, others for a while. */
const keptHosts = 2;
const idleMs = 30_000;

interface Idle {
  host: TaskHost;
  timer: NodeJS.Timeout;
}

/** The processes of a worker that its users' tasks run in. The first starts with the first attempt. */
export class HostPool {
  readonly #idle: Idle[] = [];
  readonly #all = new Set<TaskHost>();
  readonly #queue: (() => void)[] = [];
  readonly #maximum: number;
  readonly #memoryMb: number;
  #taken = 0;

  constructor(private readonly options: HostPoolOptions) {
    this.#maximum = Math.min(options.maximum ?? options.concurrency, options.concurrency);
    this.#memoryMb = options.memoryMb ?? 256;
  }

  /** Processes there are now. */
  get size(): number {
    return this.#all.size;
  }

  /** The task with its attempts in hosts, unless it wants none. */
  place(task: AnyTask): AnyTask {
    if (task.isolation === 'none') return task;
    const ref = `${task.name}@${versionOf(task)}`;
    const hosted: HostedTask = {
      ...task,
      runHosted: (context, input, run) => this.#run(ref, context, input, run),
    };
    return hosted;
  }

  /** The tasks, those of the user's in hosts. */
  placeAll({ registry, own }: Pick<LoadedConfig, 'registry' | 'own'>): TaskRegistry {
    const tasks = registry.list().map((task) => (own.includes(task) ? this.place(task) : task));
    return new TaskRegistry(tasks, registry.broken);
  }

  async #run(ref: string, context: TaskContext, input: unknown, run: HostedRun): Promise<unknown> {
    await this.#slot(context.signal);
    let host: TaskHost | undefined;
    try {
      host = await this.#take(context.signal);
      run.begin();
      return await runInHost(host, ref, context, input, run.graceMs, this.options.codec);
    } finally {
      if (host) this.#put(host);
      this.#taken -= 1;
      this.#queue.shift()?.();
    }
  }

  async #slot(signal: AbortSignal): Promise<void> {
    while (this.#taken >= this.#maximum) {
      await new Promise<void>((resolve, reject) => {
        const leave = () => {
          this.#queue.splice(this.#queue.indexOf(turn), 1);
          reject(signal.reason);
        };
        const turn = () => {
          signal.removeEventListener('abort', leave);
          resolve();
        };
        if (signal.aborted) return reject(signal.reason);
        signal.addEventListener('abort', leave, { once: true });
        this.#queue.push(turn);
      });
    }
    this.#taken += 1;
  }

  async #take(signal: AbortSignal): Promise<TaskHost> {
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) {
      clearTimeout(idle.timer);
      if (!idle.host.gone && (await idle.host.fit())) return idle.host;
      this.options.onTrouble?.('A task left its host unfit for the next attempt; another one is started.');
    }
    const { configPath, surroundings } = this.options;
    const host = new TaskHost({ configPath, memoryMb: this.#memoryMb, surroundings });
    this.#all.add(host);
    void host.exited.then(() => this.#all.delete(host));
    const stop = () => host.kill();
    signal.addEventListener('abort', stop, { once: true });
    await host.ready().finally(() => signal.removeEventListener('abort', stop));
    return host;
  }

  #put(host: TaskHost): void {
    if (host.gone) return;
    const timer = setTimeout(() => {
      const at = this.#idle.findIndex((idle) => idle.host === host);
      if (at < 0 || this.#idle.length <= keptHosts) return;
      this.#idle.splice(at, 1);
      host.kill();
    }, idleMs);
    this.#idle.push({ host, timer: timer.unref() });
  }

  /** Ends every host; attempts under way fail. */
  async close(): Promise<void> {
    for (const { timer } of this.#idle.splice(0)) clearTimeout(timer);
    const hosts = [...this.#all];
    for (const host of hosts) host.kill();
    await Promise.all(hosts.map(({ exited }) => exited));
  }
}
