import type { Command } from 'commander';
import type { RunView } from '../../api/views.js';
import { CarillonError } from '../../core/errors.js';
import { readInput } from '../definition-flags.js';
import { exitCodes } from '../exit.js';
import { followRun } from '../follow-run.js';
import { noteUnconfirmed, openInvocation } from '../invocation.js';
import type { Io } from '../io.js';
import { runBar } from '../run-bar.js';
import { whyOf } from '../wording.js';
import { linePrinter } from './run-logs.js';
import { took } from './runs.js';

interface RunFlags {
  key?: string;
  input?: string;
  wait?: true;
}

export function addRunJob(jobs: Command, io: Io, setExitCode: (code: number) => void): void {
  jobs
    .command('run')
    .argument('<id>')
    .description('start a run now and, if asked, stay until it has ended')
    .option('--wait', "print the run's log, and exit as the run ended")
    .option('--key <key>', 'part of the run id: the same key never starts a second run')
    .option('--input <json>', 'input of this run alone, as JSON or @file')
    .action(async (id: string, flags: RunFlags, command: Command) => {
      const invocation = openInvocation(command, io);
      const { client, output, project, by } = invocation;
      const input = flags.input === undefined ? undefined : readInput(flags.input, io.cwd);
      const answer = await client.jobs.trigger.mutate({ id, project, by, key: flags.key, input });
      noteUnconfirmed(io, answer.confirmed);
      if (!flags.wait) {
        output.data(answer, () => output.fields([['run', answer.runId]]));
        return;
      }
      if (!answer.confirmed) {
        const message = 'No worker took the run up in time; it starts when one is back.';
        throw new CarillonError('WORKER_UNAVAILABLE', message, { hint: `Then: carillon runs logs -f ${answer.runId}` });
      }
      io.err(`run ${answer.runId}\n`);
      const print = linePrinter(command, io);
      const bar = runBar(io);
      try {
        const run = await followRun(invocation, answer.runId, {
          onLine: (line) => bar.above(() => print(line)),
          onRun: (news) => bar.show(news),
        });
        bar.end();
        const why = whyOf(run);
        io.err(`${run.state}${took(run) && ` in ${took(run)}`}${why && `: ${why}`}\n`);
        setExitCode(codeOf(run));
      } finally {
        bar.end();
      }
    });
}

function codeOf({ state }: RunView): number {
  if (state === 'succeeded') return exitCodes.ok;
  return state === 'failed' || state === 'timed_out' ? exitCodes.runFailed : exitCodes.notRun;
}
