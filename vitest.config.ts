import { defineConfig } from 'vitest/config';

/** Fast tests need nothing; the others share one Temporal server and one database, started once. */
const servers = { globalSetup: ['test/servers/global-setup.ts'], testTimeout: 60_000, hookTimeout: 60_000 };

/** Tests that start, kill and restart whole installations, or play a job through for minutes: `npm run test:long`. */
const long = [
  'test/faults/**/*.test.ts',
  'test/long/**/*.test.ts',
  'test/embedded/start.test.ts',
  'test/integration/racing.test.ts',
  'test/unit/activities/host/host-pool.test.ts',
  'test/workflow/long-runs.test.ts',
  'test/workflow/policies.test.ts',
];

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], exclude: long } },
      {
        test: {
          name: 'system',
          include: ['test/**/*.test.ts'],
          exclude: ['test/unit/**', 'test/**/*.pg.test.ts', ...long],
          ...servers,
        },
      },
      // One file at a time: they kill processes and look at how late the others are. A kill that happens to meet another
      // job's workflow task makes that one late by the task's timeout, so a test may try again.
      { test: { name: 'long', include: long, fileParallelism: false, retry: 2, ...servers } },
      { test: { name: 'postgres', include: ['test/**/*.pg.test.ts'], testTimeout: 60_000, hookTimeout: 120_000 } },
    ],
    maxWorkers: 2,
  },
});
