import type { ProjectQuotas, QuotaStore } from './quotas.js';

/** How long quotas are taken to be as they were; and how long that will do until they are read anew. */
const freshMs = 5000;
const usableMs = 30_000;
/** Projects a process remembers. */
const capacity = 10_000;

interface Known {
  quotas: ProjectQuotas;
  readAt: number;
  reading?: Promise<ProjectQuotas>;
}

/**
 * The quotas of projects, read every few seconds at most. What is known is given at once, and read anew in the
 * background; while the database is away it stays as it was.
 */
export class QuotaCache {
  readonly #known = new Map<string, Known>();

  constructor(private readonly options: { store: Pick<QuotaStore, 'of'>; now: () => number }) {}

  /** No quota of a project of which nothing could be read yet. */
  async of(project: string): Promise<ProjectQuotas> {
    const known = this.#known.get(project);
    if (known && this.#isYounger(known, freshMs)) return known.quotas;
    const reading = known?.reading ?? this.#read(project, known);
    return known && this.#isYounger(known, usableMs) ? known.quotas : reading;
  }

  #isYounger({ readAt }: Known, ms: number): boolean {
    const age = this.options.now() - readAt;
    return age >= 0 && age < ms;
  }

  #read(project: string, before: Known | undefined): Promise<ProjectQuotas> {
    const { store, now } = this.options;
    const reading = store
      .of(project)
      .catch(() => before?.quotas)
      .then((quotas = {}) => {
        this.#known.set(project, { quotas, readAt: now() });
        return quotas;
      });
    if (before) before.reading = reading;
    else if (this.#known.size >= capacity) this.#known.clear();
    return reading;
  }
}
