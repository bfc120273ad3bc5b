import { z } from 'zod';
import { duration } from '../../../core/fields.js';
import { defineTask } from '../../../core/task/task.js';

const input = z.strictObject({
  type: z.string().min(1).max(200).describe('Type of the workflow, as its worker knows it.'),
  args: z.array(z.unknown()).max(100).default([]).describe('Arguments, plain JSON.'),
  taskQueue: z.string().min(1).max(200).describe('Task queue that your workers serve.'),
  executionTimeout: duration('Bound of the whole workflow. Default 24 h.').default('PT24H'),
});

/**
 * Starts a Temporal workflow of the user's own and waits for its result, which is the run's. Never started twice for a
 * run: a later attempt finds the one that runs or ran. Fails with the code and message of what failed the workflow, or
 * WORKFLOW_CANCELLED, WORKFLOW_TERMINATED, WORKFLOW_TIMED_OUT.
 */
export const workflowTask = defineTask({
  name: 'workflow',
  description: 'Starts a Temporal workflow of yours as the run and waits for its result.',
  // It only waits, but for hours: in `standard` it would take places from what is quick.
  lane: 'heavy',
  secrets: 'referenced',
  timeout: 'PT24H',
  input,
  run: (context, { type, args, taskQueue, executionTimeout }) =>
    context.workflows.execute(
      {
        ...{ type, args, taskQueue, executionTimeout },
        onProgress: ({ done, total, note }) => context.progress(done, total, note),
      },
      context.signal,
    ),
});
