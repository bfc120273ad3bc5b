import { randomBytes } from 'node:crypto';
import { type Command, Option } from 'commander';
import { makeApiKey } from '../../api/auth/api-key.js';
import type { KeyView } from '../../api/keys/views.js';
import { type Right, type Role, roles } from '../../core/access.js';
import { durationMs } from '../../core/duration.js';
import { isoTime } from '../../core/ids.js';
import { collectList, wholeNumber } from '../flag-values.js';
import { openInvocation, outputOf } from '../invocation.js';
import type { Io } from '../io.js';
import type { Output } from '../output.js';

interface CreateFlags {
  role: Role;
  payloads?: true;
  scope?: string[];
  owns?: string[];
  expires?: string;
  allProjects?: true;
}

/** Commands about API keys. */
export function addKeys(keys: Command, io: Io): void {
  keys
    .command('create')
    .argument('<name>')
    .description('make an API key and print it: nobody can print it again')
    .addOption(new Option('--role <role>', 'what it may do').choices(roles).makeOptionMandatory())
    .option('--payloads', 'it sees inputs, results and logs')
    .option('--scope <rights>', 'rights it is limited to, with commas between', collectList)
    .option('--owns <names>', 'names under which it owns jobs, with commas between (default its own)', collectList)
    .option('--expires <duration>', 'from when on it is refused: 90d (default never)')
    .option('--all-projects', 'for every project; only owners of all give that')
    .action(async (name: string, flags: CreateFlags, command: Command) => {
      const { client, output, project } = openInvocation(command, io);
      const { role, payloads, owns, expires } = flags;
      const created = await client.keys.create.mutate({
        ...{ name, role, owns, project: flags.allProjects ? '*' : project },
        ...{ payloads: payloads ?? false, scopes: flags.scope as Right[] | undefined },
        expiresAt: expires === undefined ? undefined : isoTime(io.now() + durationMs(expires, '--expires')),
      });
      io.err('This is the only time the key is shown; revoke it by its id.\n');
      output.data(created, () => `${keyDetails(created, output)}\n${output.fields([['key', created.key]])}`);
    });

  keys
    .command('list')
    .description('the API keys of a project, the newest first')
    .option('--usable', 'only keys that are neither revoked nor expired')
    .option('--all-projects', 'keys that are for every project')
    .option('-n, --limit <n>', 'keys on a page', wholeNumber, 50)
    .option('--cursor <cursor>', 'go on where a page ended')
    .action(async (flags: ListFlags, command: Command) => {
      const { client, output, project } = openInvocation(command, io);
      const { allProjects, ...page } = flags;
      const found = await client.keys.list.query({ project: allProjects ? '*' : project, ...page });
      output.data(found, () => keyTable(found.items, output));
      if (found.nextCursor) io.err(`more: --cursor ${found.nextCursor}\n`);
    });

  keys
    .command('revoke')
    .argument('<id>')
    .description('revoke an API key: it is refused everywhere within 5 s')
    .option('--all-projects', 'the key is for every project')
    .action(async (id: string, flags: { allProjects?: true }, command: Command) => {
      const { client, output, project } = openInvocation(command, io);
      const revoked = await client.keys.revoke.mutate({ id, project: flags.allProjects ? '*' : project });
      output.data(revoked, () => keyDetails(revoked, output));
    });

  keys
    .command('generate')
    .description('print an admin key and a secret key for a new installation; needs no server')
    .action((_flags, command: Command) => {
      const made = { adminKey: makeApiKey(), secretKey: randomBytes(32).toString('base64') };
      outputOf(command, io).data(
        made,
        () => `CARILLON_ADMIN_KEY=${made.adminKey}\nCARILLON_SECRET_KEY=${made.secretKey}`,
      );
    });
}

interface ListFlags {
  usable?: true;
  allProjects?: true;
  limit: number;
  cursor?: string;
}

function keyTable(items: KeyView[], output: Output): string {
  return output.columns(
    ['ID', 'NAME', 'STATE', 'ROLE', 'KEY', 'CREATED', 'BY', 'LAST USED', 'EXPIRES'],
    items.map((one) => [
      ...[one.id, one.name, output.state(one.state), roleOf(one), `${one.prefix}…`],
      ...[output.time(one.createdAt), one.createdBy, output.time(one.lastUsedAt), output.time(one.expiresAt)],
    ]),
  );
}

function keyDetails(key: KeyView, output: Output): string {
  return output.fields([
    ['id', key.id],
    ['name', key.name],
    ['project', key.project === '*' ? 'all' : key.project],
    ['state', output.state(key.state)],
    ['role', roleOf(key)],
    ['owns jobs of', key.owns.join(', ')],
    ['begins with', `${key.prefix}…`],
    ['created', `${output.time(key.createdAt)} by ${key.createdBy}`],
    ['expires', output.time(key.expiresAt)],
    ['last used', output.time(key.lastUsedAt)],
    ['revoked', key.revokedAt && `${output.time(key.revokedAt)} by ${key.revokedBy}`],
  ]);
}

/** With what goes beside the role. */
function roleOf({ role, payloads, scopes }: KeyView): string {
  return `${role}${payloads ? ' with payloads' : ''}${scopes ? `: ${scopes.join(', ')}` : ''}`;
}
