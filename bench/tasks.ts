import { z } from 'zod';
import { defineConfig, defineTask } from '../src/index.js';
import { ran } from './peer/activities.js';

const input = z.strictObject({});

/** The same work as the bare activities, and in the same process. */
export default defineConfig({
  tasks: [
    defineTask({
      name: 'bench.light',
      lane: 'light',
      input,
      isolation: 'none',
      run: ({ jobId, scheduledAt }) => ran(jobId, scheduledAt.getTime()),
    }),
    defineTask({
      name: 'bench.standard',
      lane: 'standard',
      input,
      isolation: 'none',
      run: ({ jobId, scheduledAt }) => ran(jobId, scheduledAt.getTime()),
    }),
  ],
});
