import type { OperationFilter, OperationKey } from '../../store/store.js';
import { decodeCursor, encodeCursor } from '../cursor.js';
import { cancelOperation, createOperation, readOperation } from '../operations/create.js';
import { cancelOperationInput, createOperationInput, operationListInput, operationRef } from '../operations/inputs.js';
import { createdOperationView, operationPage, operationView, viewOperation } from '../operations/views.js';
import { procedure, router } from '../trpc.js';

export const operationsRouter = router({
  create: procedure
    .meta({
      summary: 'Do something to every job, or failed run, that fits a filter; as a dry run, tell how many do.',
      rest: { method: 'POST', path: '/operations', status: 202 },
    })
    .input(createOperationInput)
    .output(createdOperationView)
    .mutation(({ ctx, input }) => createOperation(ctx, input)),

  get: procedure
    .meta({ summary: 'An operation and how far it is.', rest: { method: 'GET', path: '/operations/{id}' } })
    .input(operationRef)
    .output(operationView)
    .query(async ({ ctx, input: { project, id } }) =>
      viewOperation(await readOperation(ctx, { project, operationId: id })),
    ),

  list: procedure
    .meta({ summary: 'Operations, newest first.', rest: { method: 'GET', path: '/operations' } })
    .input(operationListInput)
    .output(operationPage)
    .query(async ({ ctx, input: { limit, cursor, ...filter } }) => {
      const query = { list: 'operations', ...filter };
      const after = cursor === undefined ? undefined : decodeCursor<OperationKey>(ctx.keyRing, query, cursor);
      const page = await ctx.store.operations.list(filter satisfies OperationFilter, { limit, after });
      return {
        items: page.items.map(viewOperation),
        nextCursor: page.next && encodeCursor(ctx.keyRing, query, page.next),
      };
    }),

  cancel: procedure
    .meta({
      summary: 'Let an operation end after the commands under way; what is done stays done.',
      rest: { method: 'POST', path: '/operations/{id}/cancel' },
    })
    .input(cancelOperationInput)
    .output(operationView)
    .mutation(async ({ ctx, input: { project, id, by } }) =>
      viewOperation(await cancelOperation(ctx, { project, operationId: id }, by)),
    ),
});
