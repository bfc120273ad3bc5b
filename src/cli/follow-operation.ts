import { setTimeout as wait } from 'node:timers/promises';
import type { OperationView } from '../api/operations/views.js';
import { isOperationClosed } from '../core/operations.js';
import { exitCodes } from './exit.js';
import type { Invocation } from './invocation.js';
import type { Output } from './output.js';
import { runBar } from './run-bar.js';

/** How often progress is asked for, in milliseconds. */
const lookMs = 300;

/** Follows an operation on the side; the data is how it ended. Anything but success is the exit code 1. */
export async function followOperation(
  { client, project, output, io }: Invocation,
  id: string,
  setExitCode: (code: number) => void,
): Promise<void> {
  const bar = runBar(io);
  for (let shown = ''; ; await wait(lookMs)) {
    const operation = await client.operations.get.query({ id, project });
    const { counts, state } = operation;
    const done = counts.done + counts.failed + counts.skipped;
    const line = `${state}: ${done} of ${counts.total}, ${counts.failed} failed`;
    if (io.terminal) bar.show({ progress: { done, total: counts.total, note: state, at: line } });
    else if (line !== shown) io.err(`${line}\n`);
    shown = line;
    if (!isOperationClosed(state)) continue;
    bar.end();
    if (state !== 'succeeded') setExitCode(exitCodes.refused);
    output.data(operation, () => operationFields(operation, output));
    return;
  }
}

export function operationFields(operation: OperationView, output: Output): string {
  const { counts, errors, filter } = operation;
  return output.fields([
    ['id', operation.id],
    ['action', operation.action],
    ['filter', JSON.stringify(filter)],
    ['note', operation.note],
    ['state', output.state(operation.state)],
    ['total', counts.total],
    ['done', counts.done],
    ['failed', counts.failed],
    ['skipped', counts.skipped],
    ['errors', errors.map(({ id, code, message }) => `${id}: ${code}: ${message}`).join('\n')],
    ['created', `${output.time(operation.createdAt)}${operation.createdBy ? ` by ${operation.createdBy}` : ''}`],
    ['cancelled by', operation.cancelledBy],
    ['closed', operation.closedAt && `${output.time(operation.closedAt)}: ${operation.closeReason}`],
  ]);
}
