import type { Command } from 'commander';
import { Option } from 'commander';
import type { LogLineView } from '../../api/runs/log-views.js';
import { type LogLevel, logLevels } from '../../core/task/context.js';
import { followRun, lineOf } from '../follow-run.js';
import { openInvocation, outputOf } from '../invocation.js';
import type { Io } from '../io.js';

interface LogFlags {
  follow?: true;
  level?: LogLevel;
}

/** Commands for what a run left behind. */
export function addRunLogs(runs: Command, io: Io): void {
  runs
    .command('logs')
    .argument('<run-id>', 'such as backup@2026-11-21T09:00:00Z')
    .description('the log of a run')
    .option('-f, --follow', 'go on until the run has ended')
    .addOption(new Option('--level <level>', 'only lines of this level or a graver one').choices(logLevels))
    .action(async (runId: string, { follow, level }: LogFlags, command: Command) => {
      const invocation = openInvocation(command, io);
      const { client, project } = invocation;
      const print = linePrinter(command, io);
      if (follow) {
        // Asked first: a run that is not there, or an API that does not answer, is told at once.
        await client.runs.logs.query({ runId, project, limit: 1 });
        await followRun(invocation, runId, { level, onLine: print });
        return;
      }
      for (let cursor: string | undefined; ; ) {
        const page = await client.runs.logs.query({ runId, project, level, cursor });
        page.items.forEach(print);
        if (page.nextCursor === null) return;
        cursor = page.nextCursor;
      }
    });

  runs
    .command('result')
    .argument('<run-id>', 'such as backup@2026-11-21T09:00:00Z')
    .description('what a run returned, as JSON')
    .action(async (runId: string, _flags, command: Command) => {
      const { client, project } = openInvocation(command, io);
      for (let offset = 0; ; ) {
        const part = await client.runs.result.query({ runId, project, offset });
        io.out(part.text);
        if (part.nextOffset === null) break;
        offset = part.nextOffset;
      }
      io.out('\n');
    });
}

/** Prints lines as people read them, or each as JSON. */
export function linePrinter(command: Command, io: Io): (line: LogLineView) => void {
  const output = outputOf(command, io);
  const asData = command.optsWithGlobals<{ output: string }>().output !== 'table';
  return (line) => io.out(asData ? `${JSON.stringify(line)}\n` : `${lineOf(line, output)}\n`);
}
