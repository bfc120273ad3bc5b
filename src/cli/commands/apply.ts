import type { Command } from 'commander';
import { type CarillonClient, toCarillonError } from '../../api/client.js';
import type { ValidationView } from '../../api/views.js';
import { type CarillonError, errorCodes } from '../../core/errors.js';
import { exitCodeOf, exitCodes } from '../exit.js';
import { type FileFault, faultsAt, printFault } from '../files/fault.js';
import type { JobDocument } from '../files/job-file.js';
import { readJobFiles } from '../files/read.js';
import { inParallel } from '../in-parallel.js';
import { type Invocation, noteUnconfirmed, openInvocation } from '../invocation.js';
import type { Io } from '../io.js';

/** Requests under way at once. */
const width = 8;

export function addApply(program: Command, io: Io, setExitCode: (code: number) => void): void {
  program
    .command('apply')
    .description('make jobs what YAML files say: create, update, or leave as they are')
    .requiredOption('-f, --file <path...>', 'files, or folders of *.yaml and *.yml')
    .option('--dry-run', 'check everything, change nothing')
    .action(async (flags: { file: string[]; dryRun?: true }, command: Command) => {
      const invocation = openInvocation(command, io);
      const { documents, faults } = readJobFiles(flags.file, io.cwd, invocation.project);
      const checked = faults.length > 0 ? undefined : await validate(invocation, documents);
      const found = checked?.faults ?? faults;
      if (found.length > 0 || !checked) {
        for (const fault of found) io.err(printFault(fault));
        io.err(`nothing applied: ${found.length} ${found.length === 1 ? 'fault' : 'faults'}\n`);
        setExitCode(exitCodes.refused);
      } else if (flags.dryRun) {
        show(invocation, checked.views);
        io.err('dry run: nothing applied\n');
      } else {
        setExitCode(await applyAll(invocation, documents));
      }
    });
}

/** Asks the API about every document before the first is applied. */
async function validate(
  { client }: Invocation,
  documents: JobDocument[],
): Promise<{ views: ValidationView[]; faults: FileFault[] }> {
  const faults: FileFault[] = [];
  const views: ValidationView[] = [];
  await inParallel(documents, width, async (document, index) => {
    try {
      views[index] = await client.jobs.validate.mutate(request(document));
    } catch (error) {
      const fault = toCarillonError(error);
      if (errorCodes[fault.code].status >= 500) throw fault;
      faults.push(...faultsAt(document, fault));
    }
  });
  return { views, faults: faults.sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1)) };
}

interface Outcome {
  id: string;
  project: string;
  action: string;
  words?: string;
  error?: { code: string; message: string };
}

async function applyAll(invocation: Invocation, documents: JobDocument[]): Promise<number> {
  const { client, io, output, by } = invocation;
  const failures: CarillonError[] = [];
  const outcomes: Outcome[] = [];
  let confirmed = true;
  await inParallel(documents, width, async (document, index) => {
    const { id, project } = document;
    try {
      const answer = await client.jobs.ensure.mutate({ ...request(document), by });
      confirmed &&= answer.confirmed;
      outcomes[index] = { id, project, action: answer.action, words: answer.job?.words };
    } catch (error) {
      const fault = toCarillonError(error);
      failures.push(fault);
      outcomes[index] = { id, project, action: 'failed', error: { code: fault.code, message: fault.message } };
      for (const at of faultsAt(document, fault)) io.err(printFault(at));
    }
  });
  output.data({ items: outcomes }, () => table(invocation, outcomes));
  noteUnconfirmed(io, confirmed);
  const count = (action: string) => outcomes.filter((outcome) => outcome.action === action).length;
  io.err(
    `${count('created')} created, ${count('updated')} updated, ${count('unchanged')} unchanged, ${failures.length} failed\n`,
  );
  const [first] = failures;
  if (!first) return exitCodes.ok;
  return failures.length < documents.length ? exitCodes.partial : exitCodeOf(first);
}

function show(invocation: Invocation, views: ValidationView[]): void {
  invocation.output.data({ items: views }, () => table(invocation, views));
}

function table({ output }: Invocation, rows: Outcome[]): string {
  return output.columns(
    ['PROJECT', 'ID', 'ACTION', 'WHEN'],
    rows.map((row) => [row.project, row.id, output.state(row.action), row.words ?? row.error?.code]),
  );
}

type EnsureInput = Parameters<CarillonClient['jobs']['ensure']['mutate']>[0];

function request({ id, project, definition }: JobDocument): EnsureInput {
  return { ...definition, id, project };
}
