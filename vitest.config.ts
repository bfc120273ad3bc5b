import { defineConfig } from 'vitest/config';

/** Fast tests need nothing; the others share one Temporal server and one database, started once. */
const servers = { globalSetup: ['test/servers/global-setup.ts'], testTimeout: 60_000, hookTimeout: 60_000 };

/** Tests that start, kill and restart whole installations, and look at how late jobs are: `npm run test:long`. */
const alone = [
  'test/faults/**/*.test.ts',
  'test/long/bad-tasks.test.ts',
  'test/embedded/start.test.ts',
  'test/integration/racing.test.ts',
];
/** Tests that just take long, for the same command. */
const slow = [
  'test/long/**/*.test.ts',
  'test/api/classic.test.ts',
  'test/api/job-counts.test.ts',
  'test/api/operations.test.ts',
  'test/api/process.test.ts',
  'test/embedded/database.test.ts',
  'test/integration/backfills.test.ts',
  'test/tasks/fan-out.test.ts',
  'test/unit/activities/databases/sqlite.test.ts',
  'test/unit/activities/host/host-pool.test.ts',
  'test/unit/activities/steps/processes.test.ts',
  'test/unit/activities/tasks/etl.test.ts',
  'test/unit/core/schedule/cron-croner.test.ts',
  'test/unit/core/schedule/cron-zones.test.ts',
  'test/workflow/long-runs.test.ts',
  'test/workflow/policies.test.ts',
];
const long = [...alone, ...slow];

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], exclude: long, testTimeout: 30_000 } },
      {
        test: {
          name: 'system',
          include: ['test/**/*.test.ts'],
          exclude: ['test/unit/**', 'test/**/*.pg.test.ts', ...long],
          // What the files import takes two seconds of each: they share it.
          isolate: false,
          ...servers,
        },
      },
      // One file at a time: they kill processes and look at how late the others are. A kill that happens to meet another
      // job's workflow task makes that one late by the task's timeout, so a test may try again.
      {
        test: {
          name: 'long',
          include: alone,
          fileParallelism: false,
          retry: 2,
          sequence: { groupOrder: 2 },
          ...servers,
        },
      },
      {
        test: { name: 'slow', isolate: false, include: slow, exclude: alone, sequence: { groupOrder: 1 }, ...servers },
      },
      { test: { name: 'postgres', include: ['test/**/*.pg.test.ts'], testTimeout: 60_000, hookTimeout: 120_000 } },
    ],
    maxWorkers: 2,
  },
});
