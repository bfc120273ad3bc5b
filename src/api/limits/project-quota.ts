import { CarillonError, show } from '../../core/errors.js';
import { QuotaCache } from '../../store/quota-cache.js';
import type { QuotaStore } from '../../store/store.js';

export interface ProjectQuotaOptions {
  store: Pick<QuotaStore, 'of' | 'openJobs' | 'runs'>;
  now: () => number;
}

/**
 * Holds projects to what they may use. A process never lets a project have more jobs than its quota; of several that
 * create at once, each may pass it by one. While the database is away nothing is refused.
 */
export class ProjectQuota {
  readonly #quotas: QuotaCache;
  /** Creations that were let through and are not in the database yet. */
  readonly #underWay = new Map<string, Set<Promise<unknown>>>();
  /** Of each project, the last look at how many jobs there are. */
  readonly #looks = new Map<string, Promise<void>>();

  constructor(private readonly options: ProjectQuotaOptions) {
    this.#quotas = new QuotaCache(options);
  }

  /** @throws CarillonError PAYLOAD_TOO_LARGE when an input is larger than the project may have it */
  async assertPayload(project: string, input: unknown): Promise<void> {
    const { payloadBytes } = await this.#quotas.of(project);
    if (payloadBytes === undefined) return;
    const bytes = Buffer.byteLength(JSON.stringify(input) ?? '');
    if (bytes <= payloadBytes) return;
    throw new CarillonError(
      'PAYLOAD_TOO_LARGE',
      `Expected \`input\` to be at most ${payloadBytes} bytes in project ${show(project)}, got ${bytes}.`,
      { field: 'input', hint: 'Store large data elsewhere and pass its address, or have the quota raised.' },
    );
  }

  /** @throws CarillonError QUOTA_EXCEEDED when no run may begin today */
  async assertRuns(project: string): Promise<void> {
    const { runsPerDay } = await this.#quotas.of(project);
    if (runsPerDay === undefined) return;
    const day = new Date(this.options.now()).toISOString().slice(0, 10);
    const runs = await this.options.store.runs(project, day).catch(() => 0);
    if (runs < runsPerDay) return;
    throw new CarillonError(
      'QUOTA_EXCEEDED',
      `Expected at most ${runsPerDay} runs per day in project ${show(project)}, and there were as many today.`,
      { field: 'project', value: project, hint: 'Wait until midnight UTC, or have the quota raised.' },
    );
  }

  /**
   * Creates a job where there is room for one.
   * @throws CarillonError QUOTA_EXCEEDED
   */
  async withRoom<Job>(project: string, create: () => Promise<Job>): Promise<Job> {
    const { jobs } = await this.#quotas.of(project);
    if (jobs === undefined) return create();
    const look = (this.#looks.get(project) ?? Promise.resolve()).then(() => this.#begin(project, jobs, create));
    const looked = look.then(
      () => undefined,
      () => undefined,
    );
    this.#looks.set(project, looked);
    const { created } = await look.finally(() => {
      if (this.#looks.get(project) === looked) this.#looks.delete(project);
    });
    return created;
  }

  /** Begins to create, so that whoever looks next knows of it. */
  async #begin<Job>(project: string, quota: number, create: () => Promise<Job>): Promise<{ created: Promise<Job> }> {
    for (;;) {
      const underWay = this.#underWay.get(project) ?? new Set();
      const before = underWay.size;
      // One that is written meanwhile counts twice: then all are waited for, and there is another look.
      const open = await this.options.store.openJobs(project, quota).catch(() => 0);
      if (open + before < quota) return { created: this.#track(project, create()) };
      if (before === 0) throw exceeded(project, quota);
      await Promise.allSettled(underWay);
    }
  }

  #track<Job>(project: string, creation: Promise<Job>): Promise<Job> {
    const underWay = this.#underWay.get(project) ?? new Set();
    this.#underWay.set(project, underWay.add(creation));
    return creation.finally(() => {
      underWay.delete(creation);
      if (underWay.size === 0 && this.#underWay.get(project) === underWay) this.#underWay.delete(project);
    });
  }
}

function exceeded(project: string, quota: number): CarillonError {
  return new CarillonError(
    'QUOTA_EXCEEDED',
    `Expected at most ${quota} jobs that have not ended in project ${show(project)}, and there are as many.`,
    { field: 'project', value: project, hint: 'Cancel jobs that are no longer needed, or have the quota raised.' },
  );
}
