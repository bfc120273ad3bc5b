import { expect, test } from 'vitest';
import { z } from 'zod';
import { fanOutTask } from '../../../../src/activities/tasks/fan-out/fan-out.js';
import { workflowTask } from '../../../../src/activities/tasks/workflow/workflow.js';
import { checkInput } from '../../../../src/core/prepare.js';
import type { TaskWorkflowStart } from '../../../../src/core/task/services.js';
import { testContext } from '../../../../src/kit/task-run.js';

const faultOf = (schema: z.ZodType, input: unknown): unknown => {
  try {
    checkInput(input, schema);
  } catch (error) {
    return (error as { details: { field: string } }).details.field;
  }
  return undefined;
};

test.each([
  [{ items: [] }, 'input.task'],
  [{ task: 'log' }, 'input.items'],
  [{ task: 'fanOut', items: [] }, 'input.task'],
  [{ task: 'log', items: 5 }, 'input.items'],
  [{ task: 'log', items: { file: 'x' } }, 'input.items'],
  [{ task: 'log', items: { sql: { connection: 'shop' } } }, 'input.items.sql.query'],
  [{ task: 'log', items: { http: { url: 'ftp://x' } } }, 'input.items.http.url'],
  [{ task: 'log', items: { http: { url: 'http://x', next: 'body' } } }, 'input.items.http.next'],
  [{ task: 'log', items: [], window: 0 }, 'input.window'],
  [{ task: 'log', items: [], chunk: 1.5 }, 'input.chunk'],
  [{ task: 'log', items: [], onFailure: { policy: { maxFailed: '500%' } } }, 'input.onFailure.policy.maxFailed'],
  [{ task: 'log', items: [], onFailure: { policy: 'never' } }, 'input.onFailure.policy'],
  [{ task: 'log', items: [], retry: { maximumAttempts: 0 } }, 'input.retry.maximumAttempts'],
  [{ task: 'log', items: [], timeout: 'soon' }, 'input.timeout'],
  [{ task: 'log', items: [], input: 'x'.repeat(17_000) }, 'input.input'],
  [{ task: 'log', items: [], more: 1 }, 'input.more'],
  [{ task: 'log', items: [1] }, undefined],
  [{ task: 'log', items: { sql: { connection: 'shop', query: 'select 1' } } }, undefined],
])('of the fan-out %j the fault is %s', (input, field) => {
  expect(faultOf(fanOutTask.input, input)).toBe(field);
});

test.each([
  [{ taskQueue: 'q' }, 'input.type'],
  [{ type: 'x' }, 'input.taskQueue'],
  [{ type: 'x', taskQueue: 'q', args: 5 }, 'input.args'],
  [{ type: 'x', taskQueue: 'q', executionTimeout: '1y' }, 'input.executionTimeout'],
])('of the workflow %j the fault is %s', (input, field) => {
  expect(faultOf(workflowTask.input, input)).toBe(field);
});

test('both say in JSON Schema what they take', () => {
  const schema = z.toJSONSchema(fanOutTask.input, { io: 'input' }) as {
    properties: Record<string, { anyOf?: unknown[] }>;
  };
  expect(schema.properties.items?.anyOf).toHaveLength(3);
  expect(z.toJSONSchema(workflowTask.input, { io: 'input' })).toMatchObject({ required: ['type', 'taskQueue'] });
});

test('a fan-out starts its workflow with all defaults, and hands its progress on', async () => {
  const started: TaskWorkflowStart[] = [];
  const services = {
    workflows: () => ({
      async execute(start: TaskWorkflowStart) {
        started.push(start);
        start.onProgress?.({ done: 3, total: 9, note: '1 failed' });
        return { total: 9 };
      },
    }),
  };
  const { context, trace } = testContext({ services });
  const input = fanOutTask.input.parse({ task: 'log', items: { http: { url: 'http://x/' } } });
  expect(await fanOutTask.run(context, input)).toEqual({ total: 9 });
  expect(started[0]).toMatchObject({
    ...{ type: 'fanOut', executionTimeout: 'PT24H' },
    args: [
      { items: { http: { items: '$[*]', next: 'link', headers: {} } }, window: 50, chunk: 500, policy: 'fail_fast' },
    ],
  });
  expect(trace.progress).toEqual([{ done: 3, total: 9, note: '1 failed' }]);
});
