import { z } from 'zod';
import { retrySchema } from '../../../core/definition.js';
import type { FanOutRequest, FanOutSummary } from '../../../core/fan-out/contract.js';
import { duration } from '../../../core/fields.js';
import { isoTime } from '../../../core/ids.js';
import { defineTask } from '../../../core/task/task.js';
import { itemSource, itemsSchema } from './items.js';

/** Each chunk carries the template. */
const longestTemplate = 16 * 1024;
const percentage = /^(?:100|\d{1,2}(?:\.\d+)?)%$/;

const policy = z.union(
  [
    z.enum(['fail_fast', 'continue']),
    z.strictObject({
      maxFailed: z
        .union([z.int().min(0), z.string().regex(percentage, 'Expected a percentage such as 5%.')])
        .describe('So many members may fail, or so many percent of them.'),
    }),
  ],
  'Expected fail_fast, continue, {maxFailed: 10} or {maxFailed: 5%}.',
);

const input = z.strictObject({
  task: z
    .string()
    .min(1)
    .max(100)
    .refine((name) => name !== 'fanOut', 'Expected another task than fanOut itself.')
    .describe('Registered task that runs once for each item.'),
  input: z
    .unknown()
    .optional()
    .refine(
      (template) => Buffer.byteLength(JSON.stringify(template) ?? '') <= longestTemplate,
      `Expected at most ${longestTemplate} bytes as JSON; what is large belongs elsewhere.`,
    )
    .describe('Input of each member, with {{ item }}, {{ item.field }}, {{ index }}. Default: the item.'),
  items: itemsSchema.describe('What to go through: a list, `{sql}` or `{http}`.'),
  window: z.int().min(1).max(1000).default(50).describe('Members that run at a time, at most.'),
  chunk: z.int().min(1).max(10_000).default(500).describe('Members that one activity runs, at most.'),
  onFailure: z.strictObject({ policy }).default({ policy: 'fail_fast' }).describe('When failed members end the run.'),
  retry: retrySchema.optional().describe("Retry of a member. Default: the task's own."),
  timeout: duration("Bound of one attempt of a member. Default: the task's own.").optional(),
  executionTimeout: duration('Bound of the whole. Default 24 h.').default('PT24H'),
});

/**
 * Runs a task once for each item of a list, in a workflow of its own. Result: {@link FanOutSummary}. Fails with
 * FAN_OUT_FAILED when more members failed than `onFailure` allows, FAN_OUT_SOURCE_INVALID, or what the source says.
 */
export const fanOutTask = defineTask({
  name: 'fanOut',
  description: 'Runs a task once for each item of a list, a query or an HTTP source.',
  // It only waits for its members. They run in the lane of their own task: waiting in it, fan-outs could fill it.
  lane: 'heavy',
  secrets: 'referenced',
  timeout: 'PT24H',
  retry: { nonRetryableErrors: ['FAN_OUT_FAILED', 'FAN_OUT_SOURCE_INVALID'] },
  input,
  async run(context, { task, input: template, items, window, chunk, onFailure, retry, timeout, executionTimeout }) {
    const { project, jobId, runId, scheduledAt, effectiveAt } = context;
    const request: FanOutRequest = {
      run: {
        ...{ project, jobId, runId },
        scheduledAt: isoTime(scheduledAt.getTime()),
        effectiveAt: isoTime(effectiveAt.getTime()),
      },
      member: { task, input: template, retry, timeout },
      items: itemSource(items),
      window,
      chunk,
      policy: onFailure.policy,
    };
    const summary = await context.workflows.execute(
      {
        type: 'fanOut',
        args: [request],
        executionTimeout,
        onProgress: ({ done, total, note }) => context.progress(done, total, note),
      },
      context.signal,
    );
    return summary as FanOutSummary;
  },
});
