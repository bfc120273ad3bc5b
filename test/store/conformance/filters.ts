import { beforeAll, describe, expect, it } from 'vitest';
import type { JobFilter, RunFilter } from '../../../src/store/store.js';
import type { Bench } from '../conformance.js';
import { definition, entry, newProject, snapshot, times } from '../sample.js';

const [t0, t1, t2, t3, t4, t5] = times(6) as [string, string, string, string, string, string];

/** Newest first, as the list gives them. */
const jobs = (project: string) => [
  snapshot(project, 'f_100%', { createdAt: t5, state: 'completed', closedAt: t5 }),
  snapshot(project, 'e', {
    createdAt: t4,
    nextRunAt: t2,
    definition: definition({ description: 'back\\slash, 50% off' }),
  }),
  snapshot(project, 'd', {
    createdAt: t3,
    nextRunAt: t3,
    definition: definition({ task: 'report.weekly', owner: 'ann' }),
  }),
  snapshot(project, 'c', {
    createdAt: t2,
    nextRunAt: t1,
    definition: definition({ priority: 1, owner: 'bob', labels: { team: 'x', env: 'prod' } }),
  }),
  snapshot(project, 'b', {
    createdAt: t1,
    nextRunAt: t1,
    state: 'paused',
    definition: definition({ labels: { team: 'x', env: 'test' } }),
  }),
  snapshot(project, 'a', {
    createdAt: t1,
    nextRunAt: t4,
    definition: definition({ description: 'Größe ÄNDERN', labels: { team: 'y' } }),
  }),
];

const jobFilters: [Omit<JobFilter, 'project'>, ids: string[]][] = [
  [{}, ['f_100%', 'e', 'd', 'c', 'b', 'a']],
  [{ state: ['paused'] }, ['b']],
  [{ state: ['paused', 'completed'] }, ['f_100%', 'b']],
  [{ state: [] }, ['f_100%', 'e', 'd', 'c', 'b', 'a']],
  [{ task: 'report.weekly' }, ['d']],
  [{ task: 'report' }, []],
  [{ priority: 1 }, ['c']],
  [{ owner: 'ann' }, ['d']],
  [{ owner: 'nobody' }, []],
  [{ labels: { team: 'x' } }, ['c', 'b']],
  [{ labels: { team: 'x', env: 'prod' } }, ['c']],
  [{ labels: { team: 'z' } }, []],
  [{ labels: {} }, ['f_100%', 'e', 'd', 'c', 'b', 'a']],
  [{ text: 'WEEK' }, ['d']],
  [{ text: 'größe än' }, ['a']],
  [{ text: '%' }, ['f_100%', 'e']],
  [{ text: '_' }, ['f_100%']],
  [{ text: '\\' }, ['e']],
  [{ text: "'" }, []],
  [{ text: '' }, ['f_100%', 'e', 'd', 'c', 'b', 'a']],
  [{ nextRunFrom: t1 }, ['b', 'c', 'e', 'd', 'a']],
  [{ nextRunFrom: t2, nextRunTo: t4 }, ['e', 'd']],
  [{ nextRunTo: t2 }, ['b', 'c']],
  [
    { nextRunTo: t2, state: ['scheduled'], labels: { env: 'prod' }, priority: 1, owner: 'bob', task: 'log', text: 'c' },
    ['c'],
  ],
];

const runs = [
  entry('a@5', { scheduledAt: t5, state: 'failed' }),
  entry('a@4', { scheduledAt: t4, state: 'skipped', reason: 'overlap', attempt: 0 }),
  entry('a@3', { scheduledAt: t3, trigger: 'manual' }),
  entry('a@2', { scheduledAt: t2, trigger: 'catch_up', state: 'failed' }),
  entry('a@1', { scheduledAt: t1 }),
  entry('a@0', { scheduledAt: t0 }),
];

const runFilters: [Omit<RunFilter, 'project'>, ids: string[]][] = [
  [{}, ['a@5', 'a@4', 'b@3', 'a@3', 'a@2', 'a@1', 'a@0']],
  [{ jobId: 'a' }, ['a@5', 'a@4', 'a@3', 'a@2', 'a@1', 'a@0']],
  [{ jobId: 'nobody' }, []],
  [{ state: ['failed'] }, ['a@5', 'a@2']],
  [{ state: ['succeeded'] }, ['b@3', 'a@3', 'a@1', 'a@0']],
  [{ state: ['failed', 'skipped'] }, ['a@5', 'a@4', 'a@2']],
  [{ state: [] }, ['a@5', 'a@4', 'b@3', 'a@3', 'a@2', 'a@1', 'a@0']],
  [{ trigger: 'manual' }, ['a@3']],
  [{ trigger: 'schedule' }, ['a@5', 'a@4', 'b@3', 'a@1', 'a@0']],
  [{ from: t4 }, ['a@5', 'a@4']],
  [{ to: t1 }, ['a@0']],
  [{ from: t1, to: t3 }, ['a@2', 'a@1']],
  [{ jobId: 'a', state: ['failed'], trigger: 'catch_up', from: t2, to: t3 }, ['a@2']],
];

export function describeFilters(bench: Bench): void {
  describe('filters', () => {
    const project = newProject();

    beforeAll(async () => {
      const other = newProject();
      await bench.store.write([
        ...jobs(project).map((job) => ({ snapshot: job, entries: job.jobId === 'a' ? runs : [] })),
        { snapshot: snapshot(project, 'b'), entries: [entry('b@3', { scheduledAt: t3 })] },
        ...jobs(other).map((job) => ({ snapshot: job, entries: job.jobId === 'a' ? runs : [] })),
      ]);
    });

    it.each(jobFilters)('jobs with %j', async (filter, ids) => {
      const { items, next } = await bench.store.jobs.list({ project, ...filter }, { limit: 50 });
      expect(items.map(({ jobId }) => jobId)).toEqual(ids);
      expect(next).toBeNull();
    });

    it.each(runFilters)('runs with %j', async (filter, ids) => {
      const { items, next } = await bench.store.runs.list({ project, ...filter }, { limit: 50 });
      expect(items.map(({ runId }) => runId)).toEqual(ids);
      expect(next).toBeNull();
    });

    it('lists ids with states for comparison, in steps', async () => {
      const first = await bench.store.jobs.ids(project, undefined, 4);
      expect(first.map(({ jobId }) => jobId)).toEqual(['a', 'b', 'c', 'd']);
      expect(first[1]).toEqual({ project, jobId: 'b', state: 'paused' });
      const rest = await bench.store.jobs.ids(project, first.at(-1));
      expect(rest.map(({ jobId }) => jobId)).toEqual(['e', 'f_100%']);
      const everywhere = await bench.store.jobs.ids();
      expect(new Set(everywhere.map((job) => job.project)).size).toBeGreaterThan(1);
    });
  });
}
