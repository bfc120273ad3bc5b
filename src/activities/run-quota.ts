import { QuotaCache } from '../store/quota-cache.js';
import type { QuotaStore } from '../store/store.js';

/** After a day's quota was found used up, it is looked at again: it may have been raised. */
const lookAgainMs = 5000;

/** Runs that were granted to this process and have not begun. */
interface Block {
  day: string;
  left: number;
  usedUpAt?: number;
  taking?: Promise<void>;
}

export interface RunQuotaOptions {
  store: Pick<QuotaStore, 'of' | 'takeRuns'>;
  now: () => number;
}

/**
 * Holds a project to its runs per day, by UTC. Runs are taken from the day's quota in blocks, so that no run asks the
 * database; a project without a quota costs a look every few seconds. While the database is away runs go on.
 */
export class RunQuota {
  readonly #quotas: QuotaCache;
  readonly #blocks = new Map<string, Block>();

  constructor(private readonly options: RunQuotaOptions) {
    this.#quotas = new QuotaCache(options);
  }

  /** Takes one run. @returns the quota when it is used up; undefined: the run may begin */
  async take(project: string): Promise<number | undefined> {
    const { runsPerDay } = await this.#quotas.of(project);
    if (runsPerDay === undefined) return undefined;
    const block = this.#blockOf(project);
    while (block.left === 0 && !this.#usedUp(block)) {
      block.taking ??= this.#fill(project, block, runsPerDay).finally(() => {
        block.taking = undefined;
      });
      await block.taking;
    }
    if (block.left === 0) return runsPerDay;
    block.left -= 1;
    return undefined;
  }

  #blockOf(project: string): Block {
    const day = new Date(this.options.now()).toISOString().slice(0, 10);
    const known = this.#blocks.get(project);
    if (known?.day === day) return known;
    const block = { day, left: 0 };
    this.#blocks.set(project, block);
    return block;
  }

  #usedUp({ usedUpAt }: Block): boolean {
    const age = usedUpAt === undefined ? Number.NaN : this.options.now() - usedUpAt;
    return age >= 0 && age < lookAgainMs;
  }

  async #fill(project: string, block: Block, quota: number): Promise<void> {
    // What cannot be asked for is not refused.
    const granted = await this.options.store.takeRuns(project, block.day, quota).catch(() => 1);
    block.left += granted;
    block.usedUpAt = granted === 0 ? this.options.now() : undefined;
  }
}
