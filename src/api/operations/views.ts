import { z } from 'zod';
import { operationActions, operationStates } from '../../core/operations.js';
import type { OperationRow } from '../../store/store.js';
import { time } from '../runs/run-views.js';

export const operationView = z.object({
  project: z.string().describe('Project of the operation.'),
  id: z.string().describe('Id of the operation in its project.'),
  action: z.enum(operationActions).describe('What is done to each job, or run.'),
  filter: z.record(z.string(), z.unknown()).describe('Which jobs, or runs.'),
  note: z.string().optional().describe('Why.'),
  state: z.enum(operationStates).describe('State of the operation.'),
  counts: z
    .object({
      total: z.number().describe('How many fitted when it was created; once it has ended, how many it came to.'),
      done: z.number().describe('Changed, or with a command left for a worker to come.'),
      failed: z.number().describe('Refused; see `errors`.'),
      skipped: z.number().describe('Ended, gone or retried by others meanwhile.'),
    })
    .describe('How far it is.'),
  errors: z
    .array(
      z.object({
        id: z.string().describe('The job, or run.'),
        code: z.string().describe('Stable code of the error.'),
        message: z.string().describe('For people.'),
      }),
    )
    .describe('Of those that failed, the first 20.'),
  createdAt: time.describe('When it was created: jobs that came later are left alone.'),
  createdBy: z.string().optional().describe('Who created it.'),
  cancelledBy: z.string().optional().describe('Who cancelled it.'),
  closedAt: time.nullable().describe('When it ended.'),
  closeReason: z.string().nullable().describe('Why it ended.'),
});
export type OperationView = z.output<typeof operationView>;

export const createdOperationView = z.object({
  operation: operationView.nullable().describe('The operation; null after a dry run.'),
  dryRun: z
    .object({
      count: z.number().describe('How many fit now.'),
      sample: z.array(z.string()).describe('Ids of the first 10 of them.'),
    })
    .nullable()
    .describe('What would be done; null unless asked for.'),
});
export type CreatedOperationView = z.output<typeof createdOperationView>;

export const operationPage = z.object({
  items: z.array(operationView).describe('The operations of this page.'),
  nextCursor: z.string().nullable().describe('Give it as `cursor` for the next page; null on the last.'),
});

/** An operation as clients see it. */
export function viewOperation(row: OperationRow): OperationView {
  const { operationId: id, total, done, failed, skipped, ...rest } = row;
  return { ...rest, id, counts: { total, done, failed, skipped } };
}
