import type { Command } from 'commander';
import { CarillonError } from '../../core/errors.js';
import { readInput } from '../definition-flags.js';
import { exitCodes } from '../exit.js';
import { collectList, wholeNumber } from '../flag-values.js';
import { noteUnconfirmed, openInvocation } from '../invocation.js';
import type { Io } from '../io.js';
import { jobFields } from './jobs.js';
import { runTable } from './runs.js';

/** Flags that say which failed runs. */
export interface RunFilterFlags {
  job?: string;
  state?: string[];
  fingerprint?: string;
  from?: string;
  to?: string;
}

export type DeadState = ('failed' | 'timed_out')[];

/** Commands that change what becomes of single runs. */
export function addRunCommands(runs: Command, io: Io, setExitCode: (code: number) => void): void {
  runs
    .command('cancel')
    .argument('<run-id>')
    .description('cancel one run, in progress or waiting; the job goes on')
    .option('--reason <text>', 'why')
    .action(async (runId: string, flags: { reason?: string }, command: Command) => {
      const { client, output, project, by } = openInvocation(command, io);
      const answer = await client.runs.cancel.mutate({ runId, project, by, ...flags });
      if (answer.confirmed) io.err(`cancelling ${runId}\n`);
      noteUnconfirmed(io, answer.confirmed);
      output.data(answer, () => (answer.job ? jobFields(answer.job, output) : ''));
    });

  runs
    .command('retry')
    .argument('<run-id>')
    .description('run the nominal time of a failed run again, with the input it had')
    .option('--key <key>', 'part of the new run id: the same key never starts a second run')
    .option('--input <json>', 'another input, as JSON or @file')
    .action(async (runId: string, flags: { key?: string; input?: string }, command: Command) => {
      const { client, output, project, by } = openInvocation(command, io);
      const input = flags.input === undefined ? undefined : readInput(flags.input, io.cwd);
      const answer = await client.runs.retry.mutate({ runId, project, by, key: flags.key, input });
      noteUnconfirmed(io, answer.confirmed);
      output.data(answer, () =>
        output.fields([
          ['run', answer.runId],
          ['retry of', answer.retryOf],
          ['via', answer.via],
        ]),
      );
    });

  withRunFilter(runs.command('dead-letters'))
    .description('runs that failed for good and were neither tried again nor dismissed')
    .option('-n, --limit <n>', 'runs on a page', wholeNumber, 50)
    .option('--cursor <cursor>', 'go on where a page ended')
    .action(async (flags: RunFilterFlags & { limit: number; cursor?: string }, command: Command) => {
      const { client, output, project } = openInvocation(command, io);
      const { job: jobId, state, ...rest } = flags;
      const page = await client.runs.deadLetters.query({ ...rest, project, jobId, state: state as DeadState });
      output.data(page, () => runTable(page.items, output));
      if (page.nextCursor) io.err(`more: --cursor ${page.nextCursor}\n`);
    });

  withRunFilter(runs.command('redrive'))
    .description('try dead letters again')
    .option('--all', 'without any of these: every dead letter of the project')
    .option('-n, --limit <n>', 'runs that are tried again at most', wholeNumber, 100)
    .option('--dry-run', 'tell which would be, and do nothing')
    .action(async (flags: RunFilterFlags & { all?: true; limit: number; dryRun?: true }, command: Command) => {
      const { client, output, project, by } = openInvocation(command, io);
      const { job: jobId, state, all, ...rest } = flags;
      const { fingerprint, from, to } = rest;
      if (!all && [jobId, state, fingerprint, from, to].every((flag) => flag === undefined)) {
        throw new CarillonError('INPUT_INVALID', 'Expected a filter, got none.', {
          field: 'job',
          hint: 'Name what to try again (--job, --fingerprint, --from ...), or say --all.',
        });
      }
      const answer = await client.runs.redrive.mutate({ ...rest, project, by, jobId, state: state as DeadState });
      output.data(answer, () =>
        answer.dryRun
          ? runTable(answer.runs, output)
          : output.columns(
              ['RUN', 'RETRY', 'VIA'],
              answer.retries.map(({ retryOf, runId, via }) => [retryOf, runId, via]),
            ),
      );
      io.err(answer.dryRun ? `dry run: ${answer.count} would be tried again\n` : `${answer.count} tried again\n`);
      for (const { runId, error } of answer.refused) io.err(`not ${runId}: ${error.code}: ${error.message}\n`);
      if (answer.more) io.err('more: others fit; ask again when these have ended\n');
      if (answer.refused.length > 0) setExitCode(exitCodes.refused);
    });

  runs
    .command('dismiss')
    .argument('<run-id>')
    .description('take a failed run out of the dead letters: nothing is to be done about it')
    .option('--note <text>', 'why')
    .option('--undo', 'put it back')
    .action(async (runId: string, flags: { note?: string; undo?: true }, command: Command) => {
      const { client, output, project, by } = openInvocation(command, io);
      const run = await client.runs.dismiss.mutate({ runId, project, by, ...flags });
      output.data(run, () => runTable([run], output));
    });
}

export function withRunFilter(command: Command): Command {
  return command
    .option('--job <id>', 'only of this job')
    .option('--state <state>', 'failed, timed_out; may be repeated', collectList)
    .option('--fingerprint <text>', 'only those whose error has this fingerprint')
    .option('--from <time>', 'nominal time at or after (ISO 8601 with an offset)')
    .option('--to <time>', 'nominal time before');
}
