import { describe, expect, it } from 'vitest';
import type { Calendar } from '../../../src/core/schedule/schema.js';
import type { CalendarKey, Page } from '../../../src/store/store.js';
import type { Bench } from '../conformance.js';
import { definition, newProject, snapshot } from '../sample.js';

const at = '2026-11-21T09:00:00Z';
const christmas: Calendar = { rules: [{ yearly: '12-25', name: 'Christmas "Day"' }] };
const easter: Calendar = { description: 'moves', timezone: 'Europe/Berlin', rules: [{ date: '2027-03-28' }] };

/** A job whose schedule was planned with these revisions of calendars. */
function planned(project: string, jobId: string, used: Record<string, number>, changes = {}) {
  const calendars = Object.fromEntries(
    Object.entries(used).map(([name, revision]) => [name, { ...christmas, revision }]),
  );
  const schedule = { every: 'PT10S', resolved: { seed: `${project}/${jobId}`, calendars } };
  return { snapshot: snapshot(project, jobId, { definition: { ...definition(), schedule }, ...changes }), entries: [] };
}

export function describeCalendars(bench: Bench): void {
  describe('calendars', () => {
    const put = (project: string, name: string, calendar: Calendar, expectedRevision?: number) =>
      bench.store.calendars.put({ project, name, calendar, updatedAt: at, updatedBy: 'ada', expectedRevision });

    it('come back as they were written, one revision on with each change and with none otherwise', async () => {
      const project = newProject();
      expect(await put(project, 'holidays', christmas)).toEqual({
        row: { project, name: 'holidays', revision: 1, calendar: christmas, updatedAt: at, updatedBy: 'ada' },
        changed: true,
      });
      expect(await put(project, 'holidays', christmas)).toMatchObject({ row: { revision: 1 }, changed: false });
      expect(await put(project, 'holidays', easter)).toMatchObject({ row: { revision: 2 }, changed: true });
      expect(await bench.store.calendars.get(project, 'holidays')).toMatchObject({ revision: 2, calendar: easter });
      expect(await bench.store.calendars.get(newProject(), 'holidays')).toBeUndefined();
    });

    it('are written over the expected revision alone', async () => {
      const project = newProject();
      expect(await put(project, 'a', christmas, 1)).toBeUndefined();
      expect(await bench.store.calendars.get(project, 'a')).toBeUndefined();
      expect(await put(project, 'a', christmas, 0)).toMatchObject({ row: { revision: 1 } });
      expect(await put(project, 'a', easter, 0)).toBeUndefined();
      expect(await put(project, 'a', easter, 2)).toBeUndefined();
      expect(await put(project, 'a', easter, 1)).toMatchObject({ row: { revision: 2 } });
      expect(await put(project, 'a', easter, 2)).toMatchObject({ row: { revision: 2 }, changed: false });
    });

    it('written at once by many get a revision for each', async () => {
      const project = newProject();
      const dates = ['2027-01-01', '2027-01-02', '2027-01-03', '2027-01-04'];
      const answers = await Promise.all(dates.map((date) => put(project, 'a', { rules: [{ date }] })));
      expect(answers.map((answer) => answer?.row.revision).sort()).toEqual([1, 2, 3, 4]);
    });

    it('are read by names, and in pages by name', async () => {
      const project = newProject();
      const names = ['b', 'a', 'c', 'a-1', 'e', 'd'];
      for (const name of names) await put(project, name, christmas);
      const some = await bench.store.calendars.getMany(project, ['e', 'nowhere', 'a']);
      expect(some.map(({ name }) => name).sort()).toEqual(['a', 'e']);
      expect(await bench.store.calendars.getMany(project, [])).toEqual([]);
      const seen: string[] = [];
      let after: CalendarKey | null = null;
      do {
        const page: Page<{ name: string }, CalendarKey> = await bench.store.calendars.list(project, {
          limit: 4,
          after,
        });
        seen.push(...page.items.map(({ name }) => name));
        after = page.next;
      } while (after);
      expect(seen).toEqual([...names].sort());
    });

    it('are deleted only when no open job names them', async () => {
      const project = newProject();
      const ended = { revision: 4, state: 'cancelled' as const, closedAt: at };
      await put(project, 'a', christmas);
      await bench.store.write([planned(project, 'one', { a: 1 }), planned(project, 'other', {})]);
      expect(await bench.store.calendars.delete(project, 'a')).toBe('in_use');
      await bench.store.write([planned(project, 'one', { a: 1 }, ended)]);
      expect(await bench.store.calendars.delete(project, 'a')).toBe('deleted');
      expect(await bench.store.calendars.delete(project, 'a')).toBe('absent');
    });

    it('know their jobs, and which of these were planned with another revision', async () => {
      const project = newProject();
      await put(project, 'a', christmas);
      await put(project, 'b', christmas);
      await put(project, 'b', easter);
      const closed = { state: 'cancelled' as const, closedAt: at };
      await bench.store.write([
        planned(project, 'j1', { a: 1 }),
        planned(project, 'j2', { a: 1, b: 1 }),
        planned(project, 'j3', { b: 2 }),
        planned(project, 'j4', { b: 1 }),
        planned(project, 'j5', { b: 1 }, closed),
        { snapshot: snapshot(project, 'j6'), entries: [] },
      ]);
      const users = await bench.store.calendars.users(project, 'b', { limit: 2 });
      expect(users.items).toEqual([
        { project, jobId: 'j2', used: { a: 1, b: 1 } },
        { project, jobId: 'j3', used: { b: 2 } },
      ]);
      const rest = await bench.store.calendars.users(project, 'b', { limit: 2, after: users.next });
      expect(rest).toMatchObject({ items: [{ jobId: 'j4' }], next: null });
      // Other tests' projects are in the answer too.
      const { items } = await bench.store.calendars.outdated({ limit: 500 });
      expect(items.filter((use) => use.project === project).map(({ jobId }) => jobId)).toEqual(['j2', 'j4']);
    });
  });
}
