import { type Command, InvalidArgumentError } from 'commander';
import type { ProjectView } from '../../api/projects/views.js';
import { wholeNumber } from '../flag-values.js';
import { openInvocation } from '../invocation.js';
import type { Io } from '../io.js';
import type { Output } from '../output.js';

interface Quotas<Number> {
  jobs?: Number;
  runsPerDay?: Number;
  payloadBytes?: Number;
}

/** Commands about projects themselves. */
export function addProjects(projects: Command, io: Io): void {
  projects
    .command('list')
    .description('the projects one has a role in, by name')
    .option('-n, --limit <n>', 'projects on a page', wholeNumber, 50)
    .option('--cursor <cursor>', 'go on where a page ended')
    .action(async (flags: { limit: number; cursor?: string }, command: Command) => {
      const { client, output } = openInvocation(command, io);
      const page = await client.projects.list.query(flags);
      output.data(page, () =>
        output.columns(
          ['NAME', 'ROLE', 'PAYLOADS', 'CREATED', 'DESCRIPTION'],
          page.items.map((one) => [
            ...[one.name, one.role, one.payloads ? 'shown' : 'hidden'],
            ...[output.time(one.createdAt), one.description],
          ]),
        ),
      );
      if (page.nextCursor) io.err(`more: --cursor ${page.nextCursor}\n`);
    });

  projects
    .command('get')
    .argument('<name>')
    .description('a project, its quotas, and what one is in it')
    .action(async (name: string, _flags, command: Command) => {
      const { client, output } = openInvocation(command, io);
      const project = await client.projects.get.query({ project: name });
      output.data(project, () => details(project, output));
    });

  projects
    .command('create')
    .argument('<name>')
    .description('create a project; it takes the right instance:manage')
    .option('--description <text>', 'what it is for')
    .option('--jobs <n>', 'at most so many jobs that have not ended', wholeNumber)
    .option('--runs-per-day <n>', 'at most so many runs started in a day', wholeNumber)
    .option('--payload-bytes <n>', 'inputs of at most so many bytes', wholeNumber)
    .action(async (name: string, flags: Quotas<number> & { description?: string }, command: Command) => {
      const { client, output, by } = openInvocation(command, io);
      const { description, ...quotas } = flags;
      const project = await client.projects.create.mutate({ name, description, quotas, by });
      output.data(project, () => details(project, output));
    });

  projects
    .command('update')
    .argument('<name>')
    .description('change what a project may use; `none` takes a bound away')
    .option('--description <text>', 'what it is for')
    .option('--jobs <n>', 'at most so many jobs that have not ended', boundOrNone)
    .option('--runs-per-day <n>', 'at most so many runs started in a day', boundOrNone)
    .option('--payload-bytes <n>', 'inputs of at most so many bytes', boundOrNone)
    .action(async (name: string, flags: Quotas<number | 'none'> & { description?: string }, command: Command) => {
      const { client, output } = openInvocation(command, io);
      const { description, ...quotas } = flags;
      const change = { description, quotas: changesOf(quotas) };
      const project = await client.projects.update.mutate({ project: name, ...change });
      output.data(project, () => details(project, output));
    });
}

function boundOrNone(text: string): number | 'none' {
  if (text === 'none') return text;
  const bound = wholeNumber(text);
  if (bound < 0) throw new InvalidArgumentError('Expected 0 or more.');
  return bound;
}

/** Of what was said; null takes a bound away. */
function changesOf(quotas: Quotas<number | 'none'>): Quotas<number | null> {
  return Object.fromEntries(Object.entries(quotas).map(([name, bound]) => [name, bound === 'none' ? null : bound]));
}

function details({ name, description, createdAt, createdBy, quotas, ...held }: ProjectView, output: Output): string {
  return output.fields([
    ['name', name],
    ['description', description],
    ['created', `${output.time(createdAt)}${createdBy ? ` by ${createdBy}` : ''}`],
    ['jobs', quotas.jobs === undefined ? undefined : `at most ${quotas.jobs}`],
    ['runs per day', quotas.runsPerDay === undefined ? undefined : `at most ${quotas.runsPerDay}`],
    ['payloads', quotas.payloadBytes === undefined ? undefined : `at most ${quotas.payloadBytes} bytes`],
    ['your role', `${held.role}, payloads ${held.payloads ? 'shown' : 'hidden'}`],
  ]);
}
