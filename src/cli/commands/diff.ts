import type { Command } from 'commander';
import { toCarillonError } from '../../api/client/client.js';
import type { ValidationView } from '../../api/views.js';
import { exitCodes, reportError } from '../exit.js';
import { type Change, changesOf, mergedLines } from '../files/changes.js';
import { printFault } from '../files/fault.js';
import { readJobFiles } from '../files/read.js';
import { checkWithServer } from '../files/server-check.js';
import { straysOf } from '../files/strays.js';
import { type Invocation, openInvocation } from '../invocation.js';
import type { Io } from '../io.js';
import type { Output } from '../output.js';
import { type PruneFlags, selectorOf, withPruneFlags } from './apply.js';

/** What `apply` would make of one job. */
interface Difference {
  project: string;
  id: string;
  action: ValidationView['action'] | 'cancel';
  /** Of a new job: what its file says. Of another: fields of the definition, defaults included. */
  changes: Change[];
  /** Nominal times now and then. */
  next: { before: string[]; after: string[] };
}

/** As other programs that compare: 0 no difference, 1 a difference, 2 trouble of any kind. */
export function addDiff(program: Command, io: Io, setExitCode: (code: number) => void): void {
  const command = program
    .command('diff')
    .description(
      'what apply would change, in definitions and in next times; exits with 0 (nothing), 1 (something) or 2',
    )
    .requiredOption('-f, --file <path...>', 'files, folders of *.yaml, *.yml and *.json, or - for standard input');
  withPruneFlags(command).action(async (flags: { file: string[] } & PruneFlags, command: Command) => {
    try {
      const invocation = openInvocation(command, io);
      const differences = await differencesOf(invocation, flags);
      if (!differences) return setExitCode(exitCodes.usage);
      const same = differences.every(({ action }) => action === 'unchanged');
      invocation.output.data({ same, items: differences }, () => differenceText(differences, invocation.output));
      setExitCode(same ? exitCodes.ok : exitCodes.refused);
    } catch (error) {
      reportError(io, toCarillonError(error));
      setExitCode(exitCodes.usage);
    }
  });
}

/** Undefined when the files are at fault, which was said. */
async function differencesOf(
  invocation: Invocation,
  flags: { file: string[] } & PruneFlags,
): Promise<Difference[] | undefined> {
  const { io, client, project } = invocation;
  const selector = selectorOf(flags);
  const { documents, faults } = readJobFiles(flags.file, io, project);
  const checked = faults.length > 0 ? { views: [], faults } : await checkWithServer(client, documents);
  for (const fault of checked.faults) io.err(printFault(fault));
  if (checked.faults.length > 0) return undefined;
  const strays = selector ? await straysOf(invocation, documents, selector) : [];
  const gone = strays.map(async ({ id, project }): Promise<Difference> => {
    const { next } = await client.jobs.get.query({ id, project });
    return { project, id, action: 'cancel', changes: [], next: { before: next, after: [] } };
  });
  const kept = checked.views.map((view, index): Difference => {
    const { project, id, action, current, definition } = view;
    const changes = current
      ? changesOf(current.definition, definition)
      : changesOf(undefined, documents[index]?.definition);
    return { project, id, action, changes, next: { before: current?.next ?? [], after: view.next } };
  });
  return [...kept, ...(await Promise.all(gone))];
}

function differenceText(differences: Difference[], output: Output): string {
  const changed = differences.filter(({ action }) => action !== 'unchanged');
  const count = differences.length - changed.length;
  return [...changed.map((one) => jobText(one, output)), ...(count > 0 ? [`unchanged: ${count}`] : [])].join('\n\n');
}

const signs = { create: '+', cancel: '-', update: '~', unchanged: ' ' } as const;

function jobText({ project, id, action, changes, next }: Difference, output: Output): string {
  const times = mergedLines(next.before, next.after);
  return [
    output.marked(signs[action], `${project}/${id}: ${action}`),
    ...changes.flatMap(({ path, ...sides }) => [
      ...('before' in sides ? [output.marked('-', `  ${path}: ${JSON.stringify(sides.before)}`)] : []),
      ...('after' in sides ? [output.marked('+', `  ${path}: ${JSON.stringify(sides.after)}`)] : []),
    ]),
    ...(times.length > 0 ? ['    next times'] : []),
    ...times.map(({ sign, line }) => output.marked(sign, `    ${output.time(line)}`)),
  ].join('\n');
}
