import type { Reach, Right } from '../../core/access.js';
import { CarillonError, show } from '../../core/errors.js';
import { isoTime } from '../../core/ids.js';
import { isOperationClosed } from '../../core/operations.js';
import type { OperationRef, OperationRow } from '../../store/store.js';
import type { Caller } from '../access/caller.js';
import { forbidden, reachOf } from '../access/permission.js';
import type { Context } from '../context.js';
import type { CreateOperationInput } from './inputs.js';
import { selectionOf } from './selection.js';
import { type CreatedOperationView, viewOperation } from './views.js';

/** Ids that a dry run shows. */
const shown = 10;

/**
 * Begins to change every job, or run, that fits; or tells how many do.
 * @throws CarillonError FORBIDDEN, INPUT_INVALID, PRECONDITION_FAILED
 */
export async function createOperation(
  context: Context,
  { project, action, filter, note, dryRun, atMost, by }: CreateOperationInput,
): Promise<CreatedOperationView> {
  const { store, caller, address } = context;
  const reach = neededReach(context, project, action === 'delete' ? 'jobs:write' : 'jobs:operate');
  const owners = reach === 'own' ? caller.owns : undefined;
  const createdAt = isoTime(context.now());
  const selection = selectionOf(store, { project, action, filter, createdAt, owners });
  const total = await selection.count();
  if (dryRun) return { operation: null, dryRun: { count: total, sample: (await selection.page(shown, null)).ids } };
  if (atMost !== undefined && total > atMost) throw tooMany(atMost, total);
  const operationId = `op-${context.randomText(12)}`;
  const row = await store.operations.create({
    ...{ project, operationId, action, filter, note, owners, total, createdAt, createdBy: by },
    requester: { caller, address },
  });
  context.operations.start(context, row);
  return { operation: viewOperation(row), dryRun: null };
}

/** @throws CarillonError OPERATION_NOT_FOUND */
export async function readOperation({ store }: Context, ref: OperationRef): Promise<OperationRow> {
  const row = await store.operations.get(ref);
  if (row) return row;
  const { project, operationId } = ref;
  throw new CarillonError(
    'OPERATION_NOT_FOUND',
    `Expected \`id\` to be an operation of project ${show(project)}, got ${show(operationId)}.`,
    { field: 'id', value: operationId, hint: 'List the operations of the project.' },
  );
}

/** @throws CarillonError OPERATION_NOT_FOUND, OPERATION_CLOSED */
export async function cancelOperation(context: Context, ref: OperationRef, by?: string): Promise<OperationRow> {
  assertMayCancel(context, await readOperation(context, ref));
  const cancelled = await context.store.operations.cancel(ref, by);
  const row = cancelled ?? (await readOperation(context, ref));
  if (isOperationClosed(row.state)) {
    throw new CarillonError('OPERATION_CLOSED', `Expected operation ${show(row.operationId)} to be running.`, {
      field: 'id',
      value: row.operationId,
      hint: `It ${row.state} at ${row.closedAt}.`,
    });
  }
  return row;
}

function neededReach({ caller }: Pick<Context, 'caller'>, project: string, right: Right): Reach {
  const reach = reachOf(caller, project, right);
  if (reach) return reach;
  throw forbidden(right, `in project ${show(project)}`);
}

/** Whose rights end at their own jobs may end the operations they have asked for themselves. */
function assertMayCancel({ caller }: Context, { project, requester }: OperationRow): void {
  const own = (requester as { caller: Caller }).caller.id === caller.id;
  if (own || neededReach({ caller }, project, 'jobs:operate') === 'all') return;
  throw new CarillonError('FORBIDDEN', 'Expected an operation that you have asked for.', {
    hint: 'Your role brings jobs:operate for what is your own.',
  });
}

function tooMany(atMost: number, count: number): CarillonError {
  return new CarillonError('PRECONDITION_FAILED', `Expected at most ${atMost} to fit the filter, got ${count}.`, {
    field: 'atMost',
    value: atMost,
    hint: 'Look at what fits by a dry run, and ask again.',
  });
}
