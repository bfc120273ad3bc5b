import type { Command } from 'commander';
import { toCarillonError } from '../../api/client/client.js';
import { CarillonError } from '../../core/errors.js';
import { confirm } from '../confirm.js';
import { exitCodeOf, exitCodes } from '../exit.js';
import { faultsAt, printFault } from '../files/fault.js';
import type { JobDocument } from '../files/job-file.js';
import { readJobFiles } from '../files/read.js';
import { checkWithServer, requestOf, requestWidth } from '../files/server-check.js';
import { straysOf } from '../files/strays.js';
import { collectLabel } from '../flag-values.js';
import { inParallel } from '../in-parallel.js';
import { type Invocation, noteUnconfirmed, openInvocation } from '../invocation.js';
import type { Io } from '../io.js';
import { patiently } from '../patience.js';
import { cancelAll, type Outcome } from './cancel-all.js';

interface ApplyFlags extends PruneFlags {
  file: string[];
  dryRun?: true;
  yes?: true;
}

export interface PruneFlags {
  prune?: true;
  selector?: Record<string, string>;
}

export function addApply(program: Command, io: Io, setExitCode: (code: number) => void): void {
  const command = program
    .command('apply')
    .description('make jobs what files say: create, update, or leave as they are')
    .requiredOption('-f, --file <path...>', 'files, folders of *.yaml, *.yml and *.json, or - for standard input')
    .option('--dry-run', 'check everything, change nothing');
  withPruneFlags(command)
    .option('--yes', 'do not ask before jobs are cancelled')
    .action(async (flags: ApplyFlags, command: Command) => {
      const invocation = openInvocation(command, io);
      const selector = selectorOf(flags);
      const { documents, faults } = readJobFiles(flags.file, io, invocation.project);
      const checked = faults.length > 0 ? undefined : await checkWithServer(invocation.client, documents);
      const found = checked?.faults ?? faults;
      if (found.length > 0 || !checked) {
        for (const fault of found) io.err(printFault(fault));
        io.err(`nothing applied: ${found.length} ${found.length === 1 ? 'fault' : 'faults'}\n`);
        setExitCode(exitCodes.refused);
        return;
      }
      const strays = selector ? await straysOf(invocation, documents, selector) : [];
      const pruned = strays.map(({ id, project, words }): Outcome => ({ id, project, action: 'cancel', words }));
      if (flags.dryRun) {
        show(invocation, [
          ...checked.views.map(({ id, project, action, words }) => ({ id, project, action, words })),
          ...pruned,
        ]);
        io.err('dry run: nothing applied\n');
        return;
      }
      if (pruned.length > 0) {
        io.err(`no longer in the files:\n${table(invocation, pruned)}\n`);
        const count = `${pruned.length} ${pruned.length === 1 ? 'job' : 'jobs'}`;
        if (!(await confirm(io, flags.yes, `Apply the files, and cancel ${count}?`))) {
          io.err('nothing applied\n');
          setExitCode(exitCodes.refused);
          return;
        }
      }
      setExitCode(await applyAll(invocation, documents, pruned));
    });
}

export function withPruneFlags(command: Command): Command {
  return command
    .option('--prune', 'cancel open jobs that carry the labels of --selector and are no longer in the files')
    .option('--selector <key=value>', 'for --prune: only jobs with this label; may be repeated', collectLabel);
}

/** The labels to prune by; undefined when nothing is to be pruned. */
export function selectorOf({ prune, selector }: PruneFlags): Record<string, string> | undefined {
  if ((prune === undefined) === (selector === undefined)) return selector;
  throw new CarillonError(
    'INPUT_INVALID',
    prune ? 'Expected `--selector` beside `--prune`, got none.' : 'Expected `--prune` beside `--selector`, got none.',
    { field: prune ? '--selector' : '--prune', hint: 'Write it like `--prune --selector team=sales`.' },
  );
}

/** Applies every document; what fails keeps nothing else from being applied, but keeps jobs from being cancelled. */
async function applyAll(invocation: Invocation, documents: JobDocument[], strays: Outcome[]): Promise<number> {
  const { client, io, output, by } = invocation;
  const failures: CarillonError[] = [];
  const outcomes: Outcome[] = [];
  let confirmed = true;
  await inParallel(documents, requestWidth, async (document, index) => {
    const { id, project } = document;
    try {
      const answer = await patiently(() => client.jobs.ensure.mutate({ ...requestOf(document), by }));
      confirmed &&= answer.confirmed;
      outcomes[index] = { id, project, action: answer.action, words: answer.job?.words };
    } catch (error) {
      const fault = toCarillonError(error);
      failures.push(fault);
      outcomes[index] = { id, project, action: 'failed', error: { code: fault.code, message: fault.message } };
      for (const at of faultsAt(document, fault)) io.err(printFault(at));
    }
  });
  const failed = failures.length > 0;
  if (failed && strays.length > 0) io.err('nothing cancelled, because not everything was applied\n');
  const pruned = failed ? undefined : await cancelAll(invocation, strays, 'no longer in the files that were applied');
  if (pruned) {
    outcomes.push(...pruned.outcomes);
    failures.push(...pruned.failures);
    confirmed &&= pruned.confirmed;
  }
  output.data({ items: outcomes }, () => table(invocation, outcomes));
  noteUnconfirmed(io, confirmed);
  io.err(`${summaryOf(outcomes, strays.length > 0)}\n`);
  const [first] = failures;
  if (!first) return exitCodes.ok;
  return failures.length < outcomes.length ? exitCodes.partial : exitCodeOf(first);
}

function summaryOf(outcomes: Outcome[], pruning: boolean): string {
  const actions = ['created', 'updated', 'unchanged', ...(pruning ? ['cancelled'] : []), 'failed'];
  return actions.map((action) => `${outcomes.filter((one) => one.action === action).length} ${action}`).join(', ');
}

function show(invocation: Invocation, rows: Outcome[]): void {
  invocation.output.data({ items: rows }, () => table(invocation, rows));
}

function table({ output }: Invocation, rows: Outcome[]): string {
  return output.columns(
    ['PROJECT', 'ID', 'ACTION', 'WHEN'],
    rows.map((row) => [row.project, row.id, output.state(row.action), row.words ?? row.error?.code]),
  );
}
