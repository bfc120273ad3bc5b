import type { Command } from 'commander';
import type { AuditPage } from '../../api/audit/views.js';
import { wholeNumber } from '../flag-values.js';
import { openInvocation } from '../invocation.js';
import type { Io } from '../io.js';
import type { Output } from '../output.js';

interface Flags {
  allProjects?: boolean;
  action?: string;
  caller?: string;
  target?: string;
  from?: string;
  to?: string;
  limit: number;
  cursor?: string;
}

export function addAudit(program: Command, io: Io): void {
  program
    .command('audit')
    .description('who changed what in a project and who was refused, newest first')
    .option('--all-projects', 'of all projects, and what concerns none')
    .option('--action <action>', 'only this action, such as jobs.pause')
    .option('--caller <id>', 'only what this caller did, such as key:… or user:…')
    .option('--target <id>', 'only what was about this: the id of a job or run, the name of a calendar or secret')
    .option('--from <time>', 'at this time or later (ISO 8601 with an offset)')
    .option('--to <time>', 'before this time')
    .option('-n, --limit <n>', 'entries on a page', wholeNumber, 50)
    .option('--cursor <cursor>', 'go on where a page ended')
    .action(async ({ allProjects, ...filter }: Flags, command: Command) => {
      const { client, output, project } = openInvocation(command, io);
      const page = allProjects
        ? await client.audit.listAll.query(filter)
        : await client.audit.list.query({ project, ...filter });
      output.data(page, () => auditTable(page, output));
      if (page.nextCursor) io.err(`more: --cursor ${page.nextCursor}\n`);
    });
}

function auditTable({ items }: AuditPage, output: Output): string {
  return output.columns(
    ['AT', 'PROJECT', 'WHO', 'ACTION', 'TARGET', 'OUTCOME', 'FROM', 'REQUEST'],
    items.map((one) => [
      ...[output.time(one.at), one.project, one.caller.name, one.action, one.target, one.outcome],
      ...[one.address, one.requestId],
    ]),
  );
}
