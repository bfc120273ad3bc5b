import type { Command } from 'commander';
import type { SecretView } from '../../api/secrets/views.js';
import { CarillonError } from '../../core/errors.js';
import { wholeNumber } from '../flag-values.js';
import { openInvocation } from '../invocation.js';
import type { Io } from '../io.js';
import type { Output } from '../output.js';

/** Commands about the secrets of a project. A value is never an argument: others on the machine could read it. */
export function addSecrets(secrets: Command, io: Io): void {
  secrets
    .command('put')
    .argument('<name>')
    .description('store a secret, or replace its value; it is read from standard input, or asked for')
    .action(async (name: string, _flags, command: Command) => {
      const { client, output, project, by } = openInvocation(command, io);
      const value = await valueSaid(name, io);
      const secret = await client.secrets.put.mutate({ name, project, by, value });
      output.data(secret, () => `stored ${name}, version ${secret.version}`);
    });

  secrets
    .command('list')
    .description('the secrets of a project by name, without their values')
    .option('-n, --limit <n>', 'secrets on a page', wholeNumber, 50)
    .option('--cursor <cursor>', 'go on where a page ended')
    .action(async (flags: { limit: number; cursor?: string }, command: Command) => {
      const { client, output, project } = openInvocation(command, io);
      const page = await client.secrets.list.query({ project, ...flags });
      output.data(page, () => secretTable(page.items, output));
      if (page.nextCursor) io.err(`more: --cursor ${page.nextCursor}\n`);
    });

  secrets
    .command('delete')
    .argument('<name>')
    .description('delete a secret; runs that refer to it fail from then on')
    .action(async (name: string, _flags, command: Command) => {
      const { client, output, project } = openInvocation(command, io);
      const answer = await client.secrets.delete.mutate({ name, project });
      output.data(answer, () => `deleted ${name}`);
    });

  secrets
    .command('rotate')
    .description('seal secrets of all projects anew that are sealed with an earlier key')
    .action(async (_flags, command: Command) => {
      const { client, output } = openInvocation(command, io);
      const total = { rotated: 0, unreadable: [] as { project: string; name: string; code: string }[] };
      let cursor: string | undefined;
      do {
        const part = await client.secrets.rotate.mutate({ cursor });
        total.rotated += part.rotated;
        total.unreadable.push(...part.unreadable);
        cursor = part.nextCursor ?? undefined;
      } while (cursor);
      for (const one of total.unreadable) io.err(`cannot be read: ${one.name} of ${one.project}, ${one.code}\n`);
      output.data(total, () => `sealed ${total.rotated} anew, ${total.unreadable.length} cannot be read`);
    });
}

/** A line break at the end is not part of it. */
async function valueSaid(name: string, io: Io): Promise<string> {
  const said = io.askSecret ? await io.askSecret(`Value of ${name}: `) : io.stdin?.();
  const value = said?.replace(/\r?\n$/, '');
  if (value) return value;
  throw new CarillonError('INPUT_INVALID', 'Expected the value on standard input, got nothing.', {
    field: 'value',
    hint: `Write it like: carillon secrets put ${name} < file`,
  });
}

function secretTable(items: SecretView[], output: Output): string {
  return output.columns(
    ['NAME', 'VERSION', 'CHANGED', 'BY', 'KEY'],
    items.map((one) => [one.name, one.version, output.time(one.updatedAt), one.updatedBy, one.keyId]),
  );
}
