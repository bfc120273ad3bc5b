import { describe, expect, it } from 'vitest';
import type { JobFilter, JobKey, Page, RunKey } from '../../../src/store/store.js';
import type { Bench } from '../conformance.js';
import { entry, newProject, shuffled, snapshot, times } from '../sample.js';

/** Follows `next` to the end; `between` happens after each page. Keys go through JSON, as they do in a cursor. */
async function walk<Item, Key>(
  page: (after: Key | null) => Promise<Page<Item, Key>>,
  between: (page: number) => Promise<void>,
): Promise<Item[]> {
  const items: Item[] = [];
  let after: Key | null = null;
  for (let number = 1; number === 1 || after; number++) {
    const answer: Page<Item, Key> = await page(after);
    items.push(...answer.items);
    after = JSON.parse(JSON.stringify(answer.next));
    if (after) await between(number);
  }
  return items;
}

// Many rows share a time, so that pages break between equal ones too.
const moments = times(5, '2026-11-21T09:00:00.123Z');
const ids = shuffled(
  Array.from({ length: 60 }, (_, index) => `${'aZ0_-.'[index % 6]}${index}`.replace(/^[_\-.]/, 'x$&')),
  3,
);

export function describePages(bench: Bench): void {
  describe('pages', () => {
    it.each([1, 7, 59, 60, 61])('of %i jobs hold every job once while others are added', async (limit) => {
      const project = newProject();
      const job = (jobId: string, index: number) => ({
        snapshot: snapshot(project, jobId, { createdAt: moments[index % 5], nextRunAt: moments[index % 3] }),
        entries: [],
      });
      await bench.store.write(ids.map(job));
      const seen = await walk<{ jobId: string }, JobKey>(
        (after) => bench.store.jobs.list({ project }, { limit, after }),
        (page) => bench.store.write([job(`new-${page}`, page), job(`0-${page}`, page)]),
      );
      const found = seen.map(({ jobId }) => jobId);
      expect(new Set(found).size).toBe(found.length);
      expect(found.filter((id) => ids.includes(id)).sort()).toEqual([...ids].sort());
    });

    it.each([1, 7, 60])('of %i jobs by next run hold every job once, earliest first', async (limit) => {
      const project = newProject();
      await bench.store.write(
        ids.map((jobId, index) => ({
          snapshot: snapshot(project, jobId, { nextRunAt: moments[index % 5] }),
          entries: [],
        })),
      );
      const filter: JobFilter = { project, nextRunFrom: moments[1] };
      const seen = await walk<{ jobId: string; nextRunAt: string | null }, JobKey>(
        (after) => bench.store.jobs.list(filter, { limit, after }),
        async () => undefined,
      );
      expect(new Set(seen.map(({ jobId }) => jobId)).size).toBe(48);
      expect(seen).toHaveLength(48);
      const order = seen.map(({ nextRunAt }) => nextRunAt);
      expect(order).toEqual([...order].sort());
    });

    it.each([1, 7, 60])('of %i runs hold every run once while others are added', async (limit) => {
      const project = newProject();
      const job = snapshot(project, 'a');
      const run = (runId: string, index: number) => entry(runId, { scheduledAt: moments[index % 5] });
      await bench.store.write([{ snapshot: job, entries: ids.map(run) }]);
      const seen = await walk<{ runId: string; scheduledAt: string }, RunKey>(
        (after) => bench.store.runs.list({ project, jobId: 'a' }, { limit, after }),
        (page) => bench.store.write([{ snapshot: job, entries: [run(`new-${page}`, page), run(`0-${page}`, page)] }]),
      );
      const found = seen.map(({ runId }) => runId);
      expect(new Set(found).size).toBe(found.length);
      expect(found.filter((id) => ids.includes(id)).sort()).toEqual([...ids].sort());
      const order = seen.map(({ scheduledAt }) => scheduledAt);
      expect(order).toEqual([...order].sort().reverse());
    });
  });
}
