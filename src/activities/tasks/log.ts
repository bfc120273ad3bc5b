import { z } from 'zod';
import { defineTask } from '../../core/task/task.js';

/** Writes one line to the log of its run: the smallest job there is, and a way to try a schedule. */
export const logTask = defineTask({
  name: 'log',
  description: 'Writes one line to the log of the run.',
  lane: 'light',
  input: z.strictObject({
    message: z.string().max(10_000).describe('The line.'),
    fields: z.record(z.string(), z.unknown()).optional().describe('Further fields of the log line.'),
  }),
  run(context, { message, fields }) {
    context.log(message, fields);
    return { message };
  },
});
