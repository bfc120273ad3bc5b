import type { Command } from 'commander';
import { CarillonError } from '../../core/errors.js';
import type { OperationAction } from '../../core/operations.js';
import { confirm } from '../confirm.js';
import { exitCodes } from '../exit.js';
import { present } from '../flag-values.js';
import { followOperation, operationFields } from '../follow-operation.js';
import { openInvocation } from '../invocation.js';
import type { Io } from '../io.js';
import { type JobFilterFlags, jobFilterOf, withJobFilter } from '../job-filter.js';
import { type DeadState, type RunFilterFlags, withRunFilter } from './run-commands.js';

interface BulkFlags {
  all?: true;
  note?: string;
  dryRun?: true;
  wait?: true;
  yes?: true;
}

/** Commands that change many jobs, or failed runs, at once. */
export function addBulk(bulk: Command, io: Io, setExitCode: (code: number) => void): void {
  const add = <Flags extends object>(
    action: OperationAction,
    description: string,
    withFilter: (command: Command) => Command,
    filterOf: (flags: Flags) => Record<string, unknown>,
  ) =>
    withFilter(bulk.command(action).description(description))
      .option('--all', 'without any of these: all of the project')
      .option('--note <text>', 'why')
      .option('--dry-run', 'tell how many fit, and do nothing')
      .option('--yes', 'do not ask')
      .option('--wait', 'follow it to its end; exit with 1 unless it succeeds')
      .action(async (flags: Flags & BulkFlags, command: Command) => {
        const invocation = openInvocation(command, io);
        const { client, output, project, by } = invocation;
        const filter = present(filterOf(flags));
        if (!flags.all && Object.keys(filter).length === 0) throw noFilter();
        const asked = { project, by, action, filter, note: flags.note };
        const { dryRun } = await client.operations.create.mutate({ ...asked, dryRun: true });
        const count = dryRun?.count ?? 0;
        const what = `${count} ${action === 'retry' ? 'run' : 'job'}${count === 1 ? '' : 's'}`;
        if (flags.dryRun) {
          output.data(dryRun, () => [...(dryRun?.sample ?? []), ...(count > 10 ? ['…'] : [])].join('\n'));
          io.err(`dry run: ${what} fit\n`);
          return;
        }
        if (count > 0 && !(await confirm(io, flags.yes, `${action} ${what}?`))) {
          io.err('nothing done\n');
          return setExitCode(exitCodes.refused);
        }
        const { operation } = await client.operations.create.mutate({ ...asked, atMost: count });
        if (!operation) return;
        io.err(`${operation.id}: ${action} ${what}\n`);
        if (flags.wait) await followOperation(invocation, operation.id, setExitCode);
        else output.data(operation, () => operationFields(operation, output));
      });

  const ofJobs = (action: OperationAction, description: string) =>
    add(action, description, withJobFilter, (flags: JobFilterFlags) => jobFilterOf(flags));
  ofJobs('pause', 'pause the jobs that fit');
  ofJobs('resume', 'end the pause of the jobs that fit');
  ofJobs('cancel', 'end the jobs that fit, and their runs in progress');
  ofJobs('trigger', 'start a run of each job that fits');
  ofJobs('delete', 'end the jobs that fit, and take them out of every list; their history stays');
  add('retry', 'try the dead letters that fit again', withRunFilter, (flags: RunFilterFlags) => ({
    ...{ jobId: flags.job, state: flags.state as DeadState | undefined, fingerprint: flags.fingerprint },
    ...{ from: flags.from, to: flags.to },
  }));
}

function noFilter(): CarillonError {
  return new CarillonError('INPUT_INVALID', 'Expected a filter, got none.', {
    field: 'filter',
    hint: 'Say which (--label, --task, --job ...), or say --all.',
  });
}
