import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import type { temporal as proto } from '@temporalio/proto';
import { inject, onTestFinished } from 'vitest';
import { type CarillonClient, createCarillonClient } from '../../src/api/client/client.js';
import { workflowId } from '../../src/core/ids.js';
import { createStore, type RunRow, type Store } from '../../src/store/store.js';
import { Collector } from './collector.js';
import { type Part, startPart } from './part.js';

export interface SiteOptions {
  /** Default: the shared Temporal server. */
  temporalAddress?: string;
  /** Default: the shared database. */
  databaseUrl?: string;
}

type Creation = Parameters<CarillonClient['jobs']['create']['mutate']>[0];

/** One Carillon made of processes that a test may kill, with a project and task queues of its own. */
export class Site {
  readonly project = `f${randomUUID().slice(0, 8)}`;
  readonly taskQueue = `carillon-${this.project}`;
  readonly store: Store;
  readonly temporalAddress: string;
  #client: CarillonClient | undefined;

  private constructor(
    readonly collector: Collector,
    private readonly databaseUrl: string,
    temporalAddress: string,
  ) {
    this.temporalAddress = temporalAddress;
    // Patient, for a busy machine: it is not the test's own reads that are tested.
    this.store = createStore({ url: databaseUrl, timeoutMs: 10_000 });
  }

  static async open(options: SiteOptions = {}): Promise<Site> {
    const { temporalAddress = inject('temporalAddress'), databaseUrl = inject('databaseUrl') } = options;
    const site = new Site(await Collector.open(), databaseUrl, temporalAddress);
    onTestFinished(() => site.store.close());
    return site;
  }

  /** The API that was started last. */
  get client(): CarillonClient {
    if (!this.#client) throw new Error('No API was started.');
    return this.#client;
  }

  async startApi(env: NodeJS.ProcessEnv = {}): Promise<Part> {
    const api = await startPart('api/main', this.env(env));
    this.#client = createCarillonClient({ url: api.ready.url as string });
    return api;
  }

  /** @param env beside or in place of the usual settings */
  startWorker(lanes: 'scheduler' | 'heavy' = 'scheduler', env: NodeJS.ProcessEnv = {}): Promise<Part> {
    return startPart('worker/main', this.env({ CARILLON_LANES: lanes, ...env }));
  }

  /** Creates a job whose probe reports to the collector. */
  async create(id: string, job: Pick<Creation, 'schedule'> & Partial<Creation>) {
    const input = { report: this.collector.url };
    return this.client.jobs.create.mutate({ task: 'probe', input, ...job, project: this.project, id } as Creation);
  }

  /** Creates jobs that run every 2 s, half of them in the light lane. @returns their ids */
  async createBeats(count: number, prefix = 'beat', job: Partial<Creation> = {}): Promise<string[]> {
    const ids = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
    await Promise.all(
      ids.map((id, index) =>
        this.create(id, { task: index % 2 ? 'probe' : 'probe.light', schedule: { every: '2s' }, ...job }),
      ),
    );
    return ids;
  }

  /** A job's ledger, the last 1,000 entries, in the order of nominal times. */
  async ledger(jobId: string): Promise<RunRow[]> {
    const page = await this.store.runs.list({ project: this.project, jobId }, { limit: 1000 });
    return page.items.reverse();
  }

  /** Every event of the job's present execution, read from Temporal. */
  async history(jobId: string): Promise<proto.api.history.v1.IHistoryEvent[]> {
    const connection = await Connection.connect({ address: this.temporalAddress });
    try {
      const handle = new Client({ connection }).workflow.getHandle(workflowId(this.project, jobId));
      return (await handle.fetchHistory()).events ?? [];
    } finally {
      await connection.close();
    }
  }

  /** Settings of a part of this site. */
  env(others: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
    return {
      CARILLON_DATABASE_URL: this.databaseUrl,
      TEMPORAL_ADDRESS: this.temporalAddress,
      CARILLON_TASK_QUEUE: this.taskQueue,
      CARILLON_TASKS: fileURLToPath(new URL('tasks.ts', import.meta.url)),
      CARILLON_API_PORT: '0',
      CARILLON_AUTH: 'off',
      CARILLON_HTTP_ALLOW: '127.0.0.0/8,::1/128',
      ...others,
    };
  }
}
