import type { Command } from 'commander';
import type { VersionItemView } from '../../api/views.js';
import { CarillonError, show } from '../../core/errors.js';
import { wholeNumber } from '../flag-values.js';
import { noteUnconfirmed, openInvocation } from '../invocation.js';
import type { Io } from '../io.js';
import type { Output } from '../output.js';
import { jobFields } from './jobs.js';

/** Commands about the definitions a job has had. */
export function addVersions(jobs: Command, io: Io): void {
  jobs
    .command('versions')
    .argument('<id>')
    .argument('[version]', 'only this one, with its definition')
    .description('the definitions a job has had, newest first')
    .option('-n, --limit <n>', 'versions on a page', wholeNumber, 50)
    .option('--cursor <cursor>', 'go on where a page ended')
    .action(async (id: string, version: string | undefined, flags: PageFlags, command: Command) => {
      const { client, output, project } = openInvocation(command, io);
      if (version !== undefined) {
        const one = await client.jobs.version.query({ id, project, version: versionNumber(version) });
        output.data(one, () => JSON.stringify(one.definition, null, 2));
        return;
      }
      const page = await client.jobs.versions.query({ id, project, ...flags });
      output.data(page, () => versionTable(page.items, output));
      if (page.nextCursor) io.err(`more: --cursor ${page.nextCursor}\n`);
    });

  jobs
    .command('rollback')
    .argument('<id>')
    .argument('<version>')
    .description("make an earlier definition the job's own again, as a new version")
    .action(async (id: string, version: string, _flags, command: Command) => {
      const { client, output, project, by } = openInvocation(command, io);
      const answer = await client.jobs.rollback.mutate({ id, project, by, version: versionNumber(version) });
      if (answer.confirmed) {
        io.err(`${id} has the definition of version ${version} again, as version ${answer.job?.definitionVersion}\n`);
      }
      noteUnconfirmed(io, answer.confirmed);
      output.data(answer, () => (answer.job ? jobFields(answer.job, output) : ''));
    });
}

interface PageFlags {
  limit: number;
  cursor?: string;
}

function versionNumber(text: string): number {
  const version = Number(text);
  if (Number.isInteger(version) && version > 0) return version;
  throw new CarillonError('INPUT_INVALID', `Expected \`version\` to be a whole number from 1, got ${show(text)}.`, {
    field: 'version',
    value: text,
    hint: '`carillon jobs versions <id>` lists them.',
  });
}

function versionTable(items: VersionItemView[], output: Output): string {
  return output.columns(
    ['VERSION', 'SINCE', 'BY', 'TASK', 'WHEN', 'DIGEST'],
    items.map((one) => [
      one.version,
      output.time(one.definedAt),
      one.definedBy,
      one.task,
      one.words,
      one.digest.slice(0, 8),
    ]),
  );
}
