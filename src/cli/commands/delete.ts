import type { Command } from 'commander';
import { confirm } from '../confirm.js';
import { exitCodes } from '../exit.js';
import { printFault } from '../files/fault.js';
import { readJobFiles } from '../files/read.js';
import { noteUnconfirmed, openInvocation } from '../invocation.js';
import type { Io } from '../io.js';
import { cancelAll } from './cancel-all.js';

interface DeleteFlags {
  file: string[];
  dryRun?: true;
  yes?: true;
}

export function addDelete(program: Command, io: Io, setExitCode: (code: number) => void): void {
  program
    .command('delete')
    .description('cancel the jobs that files name, and their runs in progress; history stays')
    .requiredOption('-f, --file <path...>', 'files, folders of *.yaml, *.yml and *.json, or - for standard input')
    .option('--dry-run', 'tell, and change nothing')
    .option('--yes', 'do not ask')
    .action(async (flags: DeleteFlags, command: Command) => {
      const invocation = openInvocation(command, io);
      const { output } = invocation;
      const { documents, faults } = readJobFiles(flags.file, io, invocation.project);
      if (faults.length > 0) {
        for (const fault of faults) io.err(printFault(fault));
        io.err(`nothing cancelled: ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}\n`);
        return setExitCode(exitCodes.refused);
      }
      const jobs = documents.map(({ id, project }) => ({ id, project }));
      const names = () => jobs.map(({ id, project }) => `${project}/${id}`).join('\n');
      if (flags.dryRun) {
        output.data({ items: jobs.map((job) => ({ ...job, action: 'cancel' })) }, names);
        io.err('dry run: nothing cancelled\n');
        return;
      }
      io.err(`${names()}\n`);
      if (!(await confirm(io, flags.yes, `Cancel ${jobs.length === 1 ? 'this job' : `these ${jobs.length} jobs`}?`))) {
        io.err('nothing cancelled\n');
        return setExitCode(exitCodes.refused);
      }
      const { outcomes, failures, confirmed } = await cancelAll(invocation, jobs, 'deleted by its file');
      const [first] = failures;
      if (first && failures.length === jobs.length) throw first;
      output.data({ items: outcomes }, () =>
        output.columns(
          ['PROJECT', 'ID', 'ACTION', 'WHY'],
          outcomes.map((one) => [one.project, one.id, output.state(one.action), one.error?.code]),
        ),
      );
      noteUnconfirmed(io, confirmed);
      if (first) setExitCode(exitCodes.partial);
    });
}
