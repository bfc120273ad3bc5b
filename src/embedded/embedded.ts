import { rmSync } from 'node:fs';
import { createCarillonClient } from '../api/client/client.js';
import type { RunNews } from '../core/run-news.js';
import { createStore } from '../store/store.js';
import { cacheFolder } from './cache-folder.js';
import { openCredentials } from './credentials.js';
import { type DemoJob, seedDemo } from './demo.js';
import type { EmbeddedOptions } from './options.js';
import { banner, painter, runLine } from './output.js';
import { PartLogs } from './part-logs.js';
import { apiPart, databasePart, type PartSettings, partNames, stopOrder, temporalPart, workerPart } from './parts.js';
import { choosePort, type Port } from './ports.js';
import { postgresUrl } from './postgres-url.js';
import { StateFolder } from './state-folder.js';
import { Supervisor } from './supervisor.js';
import { findTemporal } from './temporal/find.js';

/** What the process hands in. */
export interface Surroundings {
  env: NodeJS.ProcessEnv;
  home: string;
  /** Folder for temporary files. */
  tmp: string;
  /** Zone of the person who looks on. */
  timezone: string;
  colour: boolean;
  /** Seconds since the start was asked for. */
  elapsed(): number;
  print(line: string): void;
}

interface TemporalAt {
  address: string;
  namespace: string;
  port?: Port;
  ui?: string;
  uiPort?: Port;
}

/** The one-command server: Temporal, database, API and workers, each a process of its own under one supervisor. */
export class Embedded {
  #supervisor?: Supervisor;
  #state?: StateFolder;
  #privateSocketFolder?: string;
  #trimming?: NodeJS.Timeout;
  /** Lines about runs wait until the banner is out. */
  #held: string[] | undefined = [];

  constructor(
    private readonly options: EmbeddedOptions,
    private readonly around: Surroundings,
  ) {}

  /**
   * Starts everything and prints what a person needs to know.
   * @throws CarillonError; call {@link stop} then
   */
  async start(): Promise<void> {
    const { options, around } = this;
    const apiPort = await choosePort('--api-port', options.apiPort, 7070);
    const state = await StateFolder.open(options.state);
    this.#state = state;
    state.settle(options.demo);
    const credentials = openCredentials(state.path, around.env);
    const logs = new PartLogs(state.logs);
    this.#trimming = setInterval(() => logs.trim(partNames), 60_000).unref();
    const supervisor = new Supervisor(logs, {
      onMessage: (_, message) => this.#onMessage(message),
      onRestart: (part, cause, delayMs) =>
        this.#line(`${part} ${cause}; starts again ${delayMs ? `in ${delayMs} ms` : 'now'}`),
    });
    this.#supervisor = supervisor;
    const [temporal, databaseUrl] = await Promise.all([
      this.#temporal(state, supervisor),
      this.#database(state, supervisor),
    ]);
    const settings: PartSettings = {
      databaseUrl,
      temporalAddress: temporal.address,
      temporalNamespace: temporal.namespace,
      temporalUi: temporal.ui,
      apiPort: apiPort.port,
      tasks: options.tasks,
      objects: around.env.CARILLON_OBJECTS || state.objects,
      auth: options.auth,
      credentials,
    };
    await Promise.all([
      supervisor.start(apiPart(around.env, settings)),
      supervisor.start(workerPart(around.env, settings, 'scheduler')),
    ]);
    const api = `http://127.0.0.1:${apiPort.port}`;
    state.writeAddresses({ api, temporal: temporal.address, ui: temporal.ui, database: databaseUrl });
    const demo = await this.#demo(state, api, credentials.adminKey);
    const { address, port, ui, uiPort } = temporal;
    const ready = {
      seconds: around.elapsed(),
      api,
      apiPort,
      temporal: address,
      temporalPort: port,
      ui,
      uiPort,
      state: state.path,
      key: options.auth ? credentials : undefined,
    };
    for (const line of banner(ready, painter(around.colour))) around.print(line);
    this.#release(demo);
    // Nothing of the first minutes needs the heavy lane: it starts when the rest has the machine no longer.
    await supervisor.start(workerPart(around.env, settings, 'heavy'));
  }

  /** Drains the workers, then ends API, database and Temporal. Safe at any moment, also in mid-start. */
  async stop(): Promise<void> {
    await this.#supervisor?.stop(stopOrder);
    this.#clean();
  }

  /** Ends every process at once. */
  kill(): void {
    this.#supervisor?.killAll();
    this.#clean();
  }

  async #temporal(state: StateFolder, supervisor: Supervisor): Promise<TemporalAt> {
    const { env, home, print } = this.around;
    const namespace = env.TEMPORAL_NAMESPACE || 'default';
    const found = await findTemporal({ env, home, say: print });
    if ('address' in found) {
      // Loaded here because its gRPC library takes 0.3 s that the usual start need not spend.
      const { registerSearchAttributes } = await import('./temporal/search-attributes.js');
      await registerSearchAttributes(found.address, namespace);
      return { address: found.address, namespace, ui: env.CARILLON_TEMPORAL_UI };
    }
    const port = await choosePort('--temporal-port', this.options.temporalPort, 7233);
    const uiPort = await choosePort('--ui-port', this.options.uiPort, 8233);
    await supervisor.start(
      temporalPart(env, {
        executable: found.executable,
        port: port.port,
        uiPort: uiPort.port,
        database: state.temporalDatabase,
        pidFile: state.temporalPid,
      }),
    );
    return {
      address: `127.0.0.1:${port.port}`,
      namespace: 'default',
      port,
      ui: `http://127.0.0.1:${uiPort.port}`,
      uiPort,
    };
  }

  async #database(state: StateFolder, supervisor: Supervisor): Promise<string> {
    const { env, home, tmp } = this.around;
    let url = env.DATABASE_URL;
    if (!url) {
      const folder = state.socketFolder(tmp);
      if (folder.private) this.#privateSocketFolder = folder.path;
      await supervisor.start(databasePart(env, state.postgres, folder.path, cacheFolder(env, home)));
      url = postgresUrl(folder.path);
    }
    const store = createStore({ url });
    try {
      await store.migrate();
    } finally {
      await store.close();
    }
    return url;
  }

  /** @returns a line for the person when the demo jobs could not be created; the next start tries again */
  async #demo(state: StateFolder, api: string, apiKey: string): Promise<string | undefined> {
    if (!this.options.demo || !state.needsDemo) return undefined;
    const client = createCarillonClient({ url: api, apiKey });
    try {
      await seedDemo((job: DemoJob) => client.jobs.create.mutate(job), this.around.timezone);
      state.demoDone();
      return undefined;
    } catch (error) {
      return `The demo jobs were not created (${error instanceof Error ? error.message : error}); the next start tries again.`;
    }
  }

  #onMessage(message: { type?: string; runs?: RunNews[] }): void {
    if (message.type !== 'runs') return;
    for (const run of message.runs ?? []) this.#line(runLine(run, painter(this.around.colour)));
  }

  #line(text: string): void {
    if (this.#held) this.#held.push(text);
    else this.around.print(text);
  }

  #release(first: string | undefined): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const line of first ? [first, ...held] : held) this.around.print(line);
  }

  #clean(): void {
    clearInterval(this.#trimming);
    if (this.#privateSocketFolder) rmSync(this.#privateSocketFolder, { recursive: true, force: true });
    this.#state?.close();
  }
}
