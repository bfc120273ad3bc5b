import { type Command, InvalidArgumentError } from 'commander';
import type { CalendarDetailView, CalendarItemView } from '../../api/calendars/views.js';
import { readCalendarFile } from '../files/calendar-file.js';
import { wholeNumber } from '../flag-values.js';
import { openInvocation } from '../invocation.js';
import type { Io } from '../io.js';
import type { Output } from '../output.js';

/** Commands about the calendars of a project. */
export function addCalendars(calendars: Command, io: Io): void {
  calendars
    .command('put')
    .argument('<name>')
    .description('create or replace a calendar; jobs that name it are planned anew')
    .requiredOption('-f, --file <path>', 'rules as YAML, or an iCalendar file (*.ics)')
    .option('--if-revision <n>', 'only over this revision; 0: only if there is none', revisionNumber)
    .action(async (name: string, flags: { file: string; ifRevision?: number }, command: Command) => {
      const { client, output, project, by } = openInvocation(command, io);
      const content = readCalendarFile(flags.file, io.cwd);
      const put = await client.calendars.put.mutate({ name, project, by, ifRevision: flags.ifRevision, ...content });
      const then = 'jobs that name it are being planned anew';
      io.err(`${name} is ${put.changed ? `of revision ${put.revision} now; ${then}` : 'as it was'}\n`);
      const calendar = await client.calendars.get.query({ name, project });
      output.data(put, () => calendarDetails(calendar, output));
    });

  calendars
    .command('get')
    .argument('<name>')
    .description('a calendar, and the jobs that name it')
    .action(async (name: string, _flags, command: Command) => {
      const { client, output, project } = openInvocation(command, io);
      const calendar = await client.calendars.get.query({ name, project });
      output.data(calendar, () => calendarDetails(calendar, output));
    });

  calendars
    .command('list')
    .description('the calendars of a project, by name')
    .option('-n, --limit <n>', 'calendars on a page', wholeNumber, 50)
    .option('--cursor <cursor>', 'go on where a page ended')
    .action(async (flags: { limit: number; cursor?: string }, command: Command) => {
      const { client, output, project } = openInvocation(command, io);
      const page = await client.calendars.list.query({ project, ...flags });
      output.data(page, () => calendarTable(page.items, output));
      if (page.nextCursor) io.err(`more: --cursor ${page.nextCursor}\n`);
    });

  calendars
    .command('delete')
    .argument('<name>')
    .description('delete a calendar that no open job names')
    .action(async (name: string, _flags, command: Command) => {
      const { client, output, project } = openInvocation(command, io);
      const answer = await client.calendars.delete.mutate({ name, project });
      output.data(answer, () => `deleted ${name}`);
    });
}

function revisionNumber(text: string): number {
  const number = wholeNumber(text);
  if (number < 0) throw new InvalidArgumentError('Expected 0 or more.');
  return number;
}

function calendarTable(items: CalendarItemView[], output: Output): string {
  return output.columns(
    ['NAME', 'REVISION', 'RULES', 'ZONE', 'CHANGED', 'BY', 'DESCRIPTION'],
    items.map((one) => [
      ...[one.name, one.revision, one.rules, one.timezone ?? "the schedule's"],
      ...[output.time(one.updatedAt), one.updatedBy, one.description],
    ]),
  );
}

export function calendarDetails(calendar: CalendarDetailView, output: Output): string {
  const { jobs } = calendar;
  const head = output.fields([
    ['name', calendar.name],
    [
      'revision',
      `${calendar.revision}, ${output.time(calendar.updatedAt)}${calendar.updatedBy ? ` by ${calendar.updatedBy}` : ''}`,
    ],
    ['description', calendar.description],
    ['zone', calendar.timezone ?? "the schedule's"],
    ['jobs', jobs.length > 0 ? `${jobs.join(', ')}${jobs.length === 100 ? ' …' : ''}` : 'none'],
  ]);
  const rules = calendar.rules.map((rule) => {
    const { name, ...when } = rule;
    return [
      Object.entries(when)
        .map(([key, value]) => `${key} ${value}`)
        .join(' '),
      name,
    ];
  });
  return `${head}\n\n${output.columns(['RULE', 'NAME'], rules)}`;
}
