import type { Command } from 'commander';
import { CarillonError } from '../core/errors.js';
import { isoTime, seedOf } from '../core/ids.js';
import { parseWith } from '../core/prepare.js';
import { calendarNames } from '../core/schedule/exclusion/calendar.js';
import { normaliseSchedule } from '../core/schedule/index.js';
import type { NormalSchedule, Resolved } from '../core/schedule/schema.js';
import { readScheduleText } from '../core/schedule/text.js';
import { writtenSchedule } from '../core/schedule/written.js';
import { readSingleDocument } from './files/read.js';
import { wholeNumber } from './flag-values.js';
import { openInvocation } from './invocation.js';
import type { Io } from './io.js';
import { type ScheduleFlags, scheduleOf, withScheduleFlags } from './schedule-flags.js';

export interface PreviewFlags extends ScheduleFlags {
  file?: string;
  id?: string;
  from?: string;
  viewerTz?: string;
  count: number;
}

/** Adds what says a schedule, in an argument, in a file or by flags, and how much of it to show. */
export function withSchedule(command: Command): Command {
  return withScheduleFlags(
    command
      .argument('[schedule]', 'a cron expression, "every 10s", or an RRULE')
      .option('-f, --file <path>', 'job file with one document, for its schedule')
      .option('--id <job>', 'job whose H, jitter and window are drawn (default: that of the file)')
      .option('--from <time>', 'times after this one (ISO 8601 with an offset; default now)')
      .option('--viewer-tz <zone>', 'tell the times in this zone as well')
      .option('-n, --count <n>', 'how many times', wholeNumber, 10),
  );
}

/**
 * The schedule that a command line says, ready to be planned. Only one that names calendars asks a server, for these.
 * @returns the schedule, and the instant (ms) from which to look
 */
export async function scheduleSaid(
  text: string | undefined,
  flags: PreviewFlags,
  command: Command,
  io: Io,
): Promise<{ schedule: NormalSchedule; after: number }> {
  const file = flags.file === undefined ? {} : readSingleDocument(flags.file, io);
  const ofFile = typeof file.schedule === 'string' ? readScheduleText(file.schedule) : (file.schedule as object);
  const said = { ...ofFile, ...(text && readScheduleText(text)), ...scheduleOf(flags) };
  if (Object.keys(said).every((field) => field === 'timezone')) {
    throw new CarillonError('INPUT_INVALID', 'Expected a schedule, got none.', {
      field: 'schedule',
      hint: 'Give a cron expression, "every 10s", a job file by --file, or flags such as --rrule.',
    });
  }
  const schedule = parseWith(writtenSchedule, said, 'INPUT_INVALID', 'schedule');
  const now = io.now();
  const id = flags.id ?? String(file.id ?? '');
  const project = String(file.project ?? command.optsWithGlobals<{ project: string }>().project);
  const resolved = { seed: seedOf(project, id), ...(await calendarsOf(schedule, project, command, io)) };
  return { schedule: normaliseSchedule(schedule, now, resolved), after: flags.from ? instant(flags.from) : now };
}

/** The calendars a schedule names, from the server; it is asked only if there are any. */
export async function calendarsOf(
  schedule: unknown,
  project: string,
  command: Command,
  io: Io,
): Promise<Pick<Resolved, 'calendars'>> {
  const names = calendarNames(schedule);
  if (names.length === 0) return {};
  const { client } = openInvocation(command, io);
  const calendars = await Promise.all(names.map((name) => client.calendars.get.query({ project, name })));
  return {
    calendars: Object.fromEntries(
      calendars.map(({ name, revision, description, timezone, rules }) => [
        name,
        { revision, description, timezone, rules },
      ]),
    ),
  };
}

function instant(text: string): number {
  const time = /T.*(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw new CarillonError(
    'TIME_INVALID',
    `Expected \`--from\` to be ISO 8601 with an offset, got ${JSON.stringify(text)}.`,
    {
      field: '--from',
      value: text,
      hint: `Write it like ${isoTime(0)}.`,
    },
  );
}
