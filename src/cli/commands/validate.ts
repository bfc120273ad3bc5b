import type { Command } from 'commander';
import { exitCodes } from '../exit.js';
import { printFault } from '../files/fault.js';
import { checkOffline, type OfflineView } from '../files/offline-check.js';
import { publishedSchema } from '../files/published-schema.js';
import { readJobFiles } from '../files/read.js';
import { checkWithServer } from '../files/server-check.js';
import { type GlobalFlags, openInvocation, outputOf } from '../invocation.js';
import type { Io } from '../io.js';

interface ValidateFlags {
  file: string[];
  server?: true;
}

type Row = Pick<OfflineView, 'id' | 'project' | 'words' | 'next'>;

export function addValidate(program: Command, io: Io, setExitCode: (code: number) => void): void {
  program
    .command('validate')
    .description('check job files; needs no server')
    .requiredOption('-f, --file <path...>', 'files, folders of *.yaml, *.yml and *.json, or - for standard input')
    .option('--server', 'ask the API: it knows the tasks of users, and calendars')
    .action(async (flags: ValidateFlags, command: Command) => {
      const output = outputOf(command, io);
      const read = readJobFiles(flags.file, io, command.optsWithGlobals<GlobalFlags>().project);
      const checked = flags.server
        ? await checkWithServer(openInvocation(command, io).client, read.documents)
        : checkOffline(read.documents, io.now());
      const faults = [...read.faults, ...checked.faults];
      const rows: Row[] = checked.views.filter((view) => view !== undefined);
      output.data({ items: rows, faults }, () =>
        output.columns(
          ['PROJECT', 'ID', 'WHEN', 'NEXT'],
          rows.map(({ project, id, words, next }) => [project, id, words, output.time(next[0])]),
        ),
      );
      for (const fault of faults) io.err(printFault(fault));
      const unchecked = rows.flatMap((row) => ('unchecked' in row ? (row as OfflineView).unchecked : []));
      if (unchecked.length > 0) {
        io.err(`note: only --server can check ${[...new Set(unchecked)].sort().join(', ')}\n`);
      }
      io.err(`${rows.length} valid, ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}\n`);
      if (faults.length > 0) setExitCode(exitCodes.refused);
    });

  program
    .command('schema')
    .description('print the JSON Schema of job files, for editors')
    .action(() => io.out(`${JSON.stringify(publishedSchema(), null, 2)}\n`));
}
