import { CarillonError, errorCodes } from '../../core/errors.js';
import type { CalendarRow, CalendarUse, CalendarUseKey, Page } from '../../store/store.js';
import type { Backstage } from '../context.js';
import { planAnew } from './plan-anew.js';

/** Jobs under way at once: a calendar may have thousands of jobs, and Temporal has others to serve. */
const width = 4;
const pageSize = 100;

interface Progress {
  planned: number;
  left: number;
  failed: number;
}

/**
 * Plans the jobs of a changed calendar anew, in the background, one calendar after another. What a crash or an outage
 * leaves behind, the reconciler finds.
 */
export class Replanner {
  #queue: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(private readonly context: Backstage) {}

  calendarChanged(calendar: CalendarRow): void {
    this.#queue = this.#queue.then(() => this.#plan(calendar));
  }

  /** Ends after the jobs under way. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#queue;
  }

  async #plan({ project, name, revision }: CalendarRow): Promise<void> {
    const { log, store } = this.context;
    const progress: Progress = { planned: 0, left: 0, failed: 0 };
    const report = (level: 'info' | 'warn', message: string, more = {}) =>
      log(level, message, { project, calendar: name, revision, ...progress, ...more });
    try {
      let after: CalendarUseKey | null = null;
      do {
        if (this.#closed) return report('info', 'Planning jobs anew for a calendar ends early; a sweep will go on.');
        const page: Page<CalendarUse, CalendarUseKey> = await store.calendars.users(project, name, {
          limit: pageSize,
          after,
        });
        await this.#planPage(
          page.items.filter(({ used }) => used[name] !== revision),
          progress,
        );
        after = page.next;
        if (after) report('info', 'Jobs are being planned anew, as a calendar changed.');
      } while (after);
      report('info', 'The jobs of a changed calendar were planned anew.');
    } catch (error) {
      report('warn', 'The jobs of a changed calendar could not all be planned anew; a sweep will go on.', {
        error: String(error),
      });
    }
  }

  async #planPage(uses: CalendarUse[], progress: Progress): Promise<void> {
    const queue = uses.values();
    const lane = async () => {
      for (const use of queue) {
        if (this.#closed) return;
        const outcome = await planOne(this.context, use);
        progress[outcome] += 1;
      }
    };
    await Promise.all(Array.from({ length: width }, lane));
  }
}

/** One job that cannot be planned must not hold up the others; a part of the system that is away does. */
export async function planOne(context: Backstage, use: CalendarUse): Promise<keyof Progress> {
  try {
    return await planAnew(context, use);
  } catch (error) {
    if (!(error instanceof CarillonError) || errorCodes[error.code].status >= 500) throw error;
    const { project, jobId } = use;
    context.log('warn', 'A job cannot be planned with its changed calendars and stays as it is.', {
      ...{ project, jobId, code: error.code, error: error.message },
    });
    return 'failed';
  }
}
