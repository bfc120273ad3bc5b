import type { Command } from 'commander';
import type { OperationView } from '../../api/operations/views.js';
import type { OperationState } from '../../core/operations.js';
import { collectList, wholeNumber } from '../flag-values.js';
import { followOperation, operationFields } from '../follow-operation.js';
import { openInvocation } from '../invocation.js';
import type { Io } from '../io.js';
import type { Output } from '../output.js';

interface ListFlags {
  state?: string[];
  limit: number;
  cursor?: string;
}

/** Commands about what `carillon bulk` began. */
export function addOperations(operations: Command, io: Io, setExitCode: (code: number) => void): void {
  operations
    .command('list')
    .description('operations, newest first')
    .option('--state <state>', 'only these; may be repeated', collectList)
    .option('-n, --limit <n>', 'operations on a page', wholeNumber, 50)
    .option('--cursor <cursor>', 'go on where a page ended')
    .action(async ({ state, ...rest }: ListFlags, command: Command) => {
      const { client, output, project } = openInvocation(command, io);
      const page = await client.operations.list.query({ ...rest, project, state: state as OperationState[] });
      output.data(page, () => operationTable(page.items, output));
      if (page.nextCursor) io.err(`more: --cursor ${page.nextCursor}\n`);
    });

  operations
    .command('get')
    .argument('<id>')
    .description('an operation and how far it is')
    .option('--wait', 'follow it to its end; exit with 1 unless it succeeds')
    .action(async (id: string, flags: { wait?: true }, command: Command) => {
      const invocation = openInvocation(command, io);
      if (flags.wait) return followOperation(invocation, id, setExitCode);
      const { client, output, project } = invocation;
      const operation = await client.operations.get.query({ id, project });
      output.data(operation, () => operationFields(operation, output));
    });

  operations
    .command('cancel')
    .argument('<id>')
    .description('let an operation end after the commands under way; what is done stays done')
    .action(async (id: string, _flags, command: Command) => {
      const { client, output, project, by } = openInvocation(command, io);
      const operation = await client.operations.cancel.mutate({ id, project, by });
      output.data(operation, () => operationFields(operation, output));
    });
}

function operationTable(items: OperationView[], output: Output): string {
  return output.columns(
    ['ID', 'ACTION', 'STATE', 'TOTAL', 'DONE', 'FAILED', 'SKIPPED', 'CREATED', 'BY'],
    items.map(({ id, action, state, counts, createdAt, createdBy }) => [
      ...[id, action, output.state(state), counts.total, counts.done, counts.failed, counts.skipped],
      ...[output.time(createdAt), createdBy],
    ]),
  );
}
