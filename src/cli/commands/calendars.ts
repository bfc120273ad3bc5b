import { type Command, InvalidArgumentError } from 'commander';
import type { CalendarDetailView, CalendarItemView } from '../../api/calendars/views.js';
import { CarillonError, show } from '../../core/errors.js';
import { isoTime } from '../../core/ids.js';
import { takenOut } from '../../core/schedule/exclusion/taken-out.js';
import { calendarOfICalendar } from '../../core/schedule/index.js';
import type { Calendar } from '../../core/schedule/schema.js';
import { readCalendarFile } from '../files/calendar-file.js';
import { wholeNumber } from '../flag-values.js';
import { openInvocation, outputOf } from '../invocation.js';
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

  calendars
    .command('preview')
    .argument('[name]', 'a calendar of the project')
    .description('the days and hours that a calendar takes out; with --file it needs no server')
    .option('-f, --file <path>', 'in place of a name: rules as YAML, or an iCalendar file (*.ics)')
    .option('--from <date>', 'first local day (default today)')
    .option('--days <n>', 'how many days', wholeNumber, 90)
    .action(async (name: string | undefined, flags: PreviewFlags, command: Command) => {
      const calendar = await calendarSaid(name, flags, command, io);
      const from = flags.from === undefined ? Math.floor(io.now() / dayMs) * dayMs : dayOf(flags.from);
      const days = Math.min(Math.max(flags.days, 1), 3660);
      const stretches = takenOut(calendar, from, from + days * dayMs);
      const output = outputOf(command, io);
      output.data({ items: stretches }, () =>
        stretches.length === 0
          ? `nothing in ${days} days`
          : output.columns(
              ['FROM', 'TO', 'WHAT'],
              stretches.map((one) => [one.from, one.to, one.what]),
            ),
      );
    });
}

const dayMs = 86_400_000;

interface PreviewFlags {
  file?: string;
  from?: string;
  days: number;
}

async function calendarSaid(
  name: string | undefined,
  { file }: PreviewFlags,
  command: Command,
  io: Io,
): Promise<Calendar> {
  if (file !== undefined) {
    const content = readCalendarFile(file, io.cwd);
    return 'ical' in content ? calendarOfICalendar(content.ical) : content;
  }
  if (name === undefined) {
    throw new CarillonError('INPUT_INVALID', 'Expected a calendar, got none.', {
      field: 'name',
      hint: 'Give the name of one of the project, or a file by --file.',
    });
  }
  const { client, project } = openInvocation(command, io);
  return client.calendars.get.query({ name, project });
}

function dayOf(text: string): number {
  const time = Date.parse(`${text}T00:00:00Z`);
  if (isoTime(Number.isNaN(time) ? 0 : time).slice(0, 10) === text) return time;
  throw new CarillonError('TIME_INVALID', `Expected \`--from\` to be a date, got ${show(text)}.`, {
    field: '--from',
    value: text,
    hint: 'Write it like 2026-12-25.',
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
