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
    // What a user's task may do at worst; in hosts, as all tasks of users.
    defineTask({
      name: 'bad.spin',
      input,
      run: () => {
        for (;;);
      },
    }),
    defineTask({ name: 'bad.exit', input, run: () => process.exit(7) }),
    defineTask({
      name: 'bad.memory',
      input,
      run: () => {
        for (const held: unknown[] = []; ; ) held.push(new Array(1000).fill(held.length));
      },
    }),
    defineTask({
      name: 'bad.print',
      input,
      run: async ({ signal }) => {
        while (!signal.aborted) await new Promise((pass) => process.stdout.write('x'.repeat(65_536), pass));
      },
    }),
  ],
});
