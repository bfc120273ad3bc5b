import { type Command, Option } from 'commander';
import type { MemberView } from '../../api/members/views.js';
import { type Role, roles } from '../../core/access.js';
import { wholeNumber } from '../flag-values.js';
import { openInvocation } from '../invocation.js';
import type { Io } from '../io.js';
import type { Output } from '../output.js';

/** Commands about who may do what in a project. */
export function addMembers(members: Command, io: Io): void {
  members
    .command('list')
    .description('who is a member of the project, and as what')
    .option('-n, --limit <n>', 'members on a page', wholeNumber, 50)
    .option('--cursor <cursor>', 'go on where a page ended')
    .action(async (flags: { limit: number; cursor?: string }, command: Command) => {
      const { client, output, project } = openInvocation(command, io);
      const page = await client.members.list.query({ project, ...flags });
      output.data(page, () => memberTable(page.items, output));
      if (page.nextCursor) io.err(`more: --cursor ${page.nextCursor}\n`);
    });

  members
    .command('put')
    .argument('<subject>', 'user:…, group:… or an e-mail address')
    .description('make somebody a member, or change what they are')
    .addOption(new Option('--role <role>', 'what they are').choices(roles).makeOptionMandatory())
    .option('--payloads', 'they see inputs, results and logs')
    .action(async (subject: string, flags: { role: Role; payloads?: true }, command: Command) => {
      const { client, output, project, by } = openInvocation(command, io);
      const { role, payloads = false } = flags;
      const member = await client.members.put.mutate({ project, subject, role, payloads, by });
      output.data(member, () => memberTable([member], output));
    });

  members
    .command('delete')
    .argument('<subject>', 'user:…, group:… or an e-mail address')
    .description('take a member out of the project')
    .action(async (subject: string, _flags, command: Command) => {
      const { client, output, project } = openInvocation(command, io);
      const answer = await client.members.delete.mutate({ project, subject });
      output.data(answer, () => `deleted ${subject}`);
    });
}

function memberTable(items: MemberView[], output: Output): string {
  return output.columns(
    ['MEMBER', 'ROLE', 'PAYLOADS', 'SINCE', 'BY'],
    items.map((one) => [
      ...[one.subject, one.role, one.payloads ? 'shown' : 'hidden'],
      ...[output.time(one.addedAt), one.addedBy],
    ]),
  );
}
