import { isoTime } from '../../core/ids.js';
import type { ProjectStore } from '../../store/store.js';
import type { Log } from '../log.js';

const capacity = 10_000;

/** Projects whose row is there: the first thing that is made in a project makes its row, the others ask no database. */
export class KnownProjects {
  readonly #known = new Set<string>();

  constructor(
    private readonly projects: Pick<ProjectStore, 'ensure'>,
    private readonly log: Log,
    private readonly now: () => number,
  ) {}

  /** Never fails: a row that cannot be written now comes with the next job. */
  async ensure(name: string, createdBy: string | undefined): Promise<void> {
    if (this.#known.has(name)) return;
    try {
      await this.projects.ensure({ name, createdAt: isoTime(this.now()), createdBy });
    } catch (error) {
      this.log('warn', 'A project could not be written to the database.', { project: name, error: String(error) });
      return;
    }
    if (this.#known.size >= capacity) this.#known.clear();
    this.#known.add(name);
  }
}
