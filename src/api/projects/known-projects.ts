import { CarillonError } from '../../core/errors.js';
import { isoTime } from '../../core/ids.js';
import type { ProjectStore } from '../../store/store.js';

const capacity = 10_000;

/** Projects whose row is there: the first thing that is made in a project makes its row, the others ask no database. */
export class KnownProjects {
  readonly #known = new Set<string>();

  constructor(
    private readonly projects: Pick<ProjectStore, 'ensure'>,
    private readonly now: () => number,
  ) {}

  /** Without a database it does nothing: the next job brings the row. */
  async ensure(name: string, createdBy: string | undefined): Promise<void> {
    if (this.#known.has(name)) return;
    try {
      await this.projects.ensure({ name, createdAt: isoTime(this.now()), createdBy });
    } catch (error) {
      if (error instanceof CarillonError && error.code === 'STORE_UNAVAILABLE') return;
      throw error;
    }
    if (this.#known.size >= capacity) this.#known.clear();
    this.#known.add(name);
  }
}
